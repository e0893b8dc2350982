"""Rows of a table of one player's matches, written without a template: a page has fifty of them.

A template took three quarters of the time of such a page. A series of several games is still drawn by
``parts/match_fold.html``. All that is written is escaped here, or markup of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from deltacrown.core.addresses import write_address
from deltacrown.core.numerals import write_ordinal, write_whole
from deltacrown.games.models import MatchRow
from deltacrown.user_profile.histories.matches import MatchEntry, Opponent, TournamentDetails
from deltacrown.user_profile.histories.series_folds import Fold

#: How many opponents a row names; of more it says how many.
NAMED = 2
#: How many characters a score has that takes little room, and a part of one that is kept in one line.
LONGEST_SHORT, LONGEST_PART = 7, 10
NOTHING = "–"

ROW = """
<tr{state}>
  <td>{result}</td>
  <td class="wide">
    {head}
    <span class="note">{note}</span>
    {facts}
    {narrow}
    {reason}
  </td>
  <td class="number score">{score}</td>
  <td class="time">{when}</td>
</tr>
"""


def write_row(entry: MatchEntry, when: str, *, is_beneath: bool) -> str:
    """Return the row of a match, as markup.

    :param when: when it was played, as markup.
    :param is_beneath: whether the row stands beneath its day.
    """
    words = _say(get_language())
    opponents, players = name_opponents(entry), name_opposing_players(entry)
    reason = escape(entry.why_uncounted)
    game = (
        f'<a class="main" href="{escape(write_address("match", entry.game_slug, entry.match_key))}">'
        f"{escape(entry.game_name)}</a>"
    )
    head = game
    if opponents:
        head = f'<span class="main">{opponents}</span>'
        head += f' <span class="note inline">{players}</span>' if players else ""
    note = [f"{game} · " if opponents else "", _write_event(entry, words)]
    if entry.side:
        note.append(f" · {words.for_side % {'side': escape(entry.side)}}")
    note.append(_write_outcome(entry, words))
    return ROW.format(
        state=f' class="{"voided" if entry.is_voided else "uncounted"}"' if reason else "",
        result=words.results[entry.result],
        head=head,
        note="".join(note),
        facts=_write_facts(entry),
        narrow=f'<div class="narrow note">{when}</div>' if entry.is_time_known or not is_beneath else "",
        reason=f'<span class="void">{reason}</span>' if reason else "",
        score=write_score(entry.scores),
        when=when,
    )


def write_rows(
    folds: Iterable[Fold],
    tell_time: Callable[[MatchEntry], str],
    draw_series: Callable[[Fold], str],
    *,
    is_beneath: bool,
) -> SafeString:
    """Return the rows of matches and of series.

    :param tell_time: writes when a match was played, as markup.
    :param draw_series: draws the row of a series.
    :param is_beneath: whether the rows stand beneath their day.
    """
    rows = [
        draw_series(fold)
        if fold.series
        else write_row(fold.latest, tell_time(fold.latest), is_beneath=is_beneath)
        for fold in folds
    ]
    return mark_safe("".join(rows))  # noqa: S308 - each is markup


def name_opponents(entry: MatchEntry) -> SafeString:
    """Return whom a match was played against, with links; empty where nobody is known, and of a lobby."""
    told, words = entry.tournament, _say(get_language())
    if told and told.opponent:
        return _mark(words.against % {"opponent": _link_official(told)})
    if entry.opposing_side:
        return _mark(words.against % {"opponent": f"<bdi>{escape(entry.opposing_side)}</bdi>"})

    others = entry.opponents or ()
    is_lobby = len(others) > NAMED and entry.placement is not None
    if is_lobby or not others:
        return SafeString()
    return _mark(words.against % {"opponent": _name_players(others)})


def name_opposing_players(entry: MatchEntry) -> SafeString:
    """Return the players of the other side, with links, where ``name_opponents`` names the side."""
    return _mark(_name_players(entry.opponents)) if entry.opponents and entry.opposing_side else SafeString()


def write_score(score: str) -> str:
    """Return a score as markup that breaks between its parts alone; a dash for none.

    A part that is long itself breaks anywhere.
    """
    parts = " ".join(
        f'<span class="{"part" if len(each) <= LONGEST_PART else "parts"}">{escape(each)}</span>'
        for each in score.split()
    )
    return f'<span class="long">{parts}</span>' if len(score) > LONGEST_SHORT else parts or NOTHING


@dataclass(frozen=True)
class _Words:
    """What rows say in one language, as markup."""

    results: dict[MatchRow.Result, str]
    kinds: dict[MatchRow.Kind, str]
    against: str
    for_side: str
    place_of: str


@cache
def _say(language: str | None) -> _Words:  # noqa: ARG001 - the texts are those of the current language
    results = {
        each: f'<span class="result {each.lower()}">{escape(str(each.label))}</span>'
        for each in MatchRow.Result
    }
    return _Words(
        results=results,
        kinds={each: escape(str(each.label)) for each in MatchRow.Kind},
        against=_('<span class="against">against</span> %(opponent)s'),
        for_side=_("for <bdi>%(side)s</bdi>"),
        place_of=_("%(place)s of %(all)s"),
    )


def _write_event(entry: MatchEntry, words: _Words) -> str:
    told = entry.tournament
    if told is None:
        return words.kinds[entry.kind]
    event = f'<a href="{escape(write_address("tournament", told.slug))}"><bdi>{escape(told.name)}</bdi></a>'
    return " · ".join([event, *(escape(each) for each in (told.round, told.map_name) if each)])


def _write_outcome(entry: MatchEntry, words: _Words) -> str:
    told = ""
    if entry.placement:
        place = write_ordinal(entry.placement)
        of_all = {"place": place, "all": write_whole(entry.lines)} if entry.lines else None
        told = f" · {words.place_of % of_all if of_all else place}"
    ending = "" if entry.ended_by == MatchRow.EndedBy.PLAY else entry.ending
    return f"{told} · {escape(ending)}" if ending else told


def _write_facts(entry: MatchEntry) -> str:
    facts = entry.facts if entry.stats else ()
    return f'<span class="note facts">{" · ".join(map(escape, facts))}</span>' if facts else ""


def _name_players(others: Sequence[Opponent]) -> str:
    named = [_link_player(each.public_id, each.name) for each in others[:NAMED]]
    if len(others) == 1:
        return named[0]
    if len(others) == NAMED:
        return _("%(first)s and %(second)s") % {"first": named[0], "second": named[1]}

    more = len(others) - NAMED
    sentence = ngettext(
        "%(first)s, %(second)s and %(more)s more", "%(first)s, %(second)s and %(more)s more", more
    )
    return sentence % {"first": named[0], "second": named[1], "more": more}


def _link_official(told: TournamentDetails) -> str:
    if told.opponent_public_id:
        return _link_player(told.opponent_public_id, told.opponent)
    address = write_address("team", told.opponent_slug)
    return f'<a href="{escape(address)}"><bdi>{escape(told.opponent)}</bdi></a>'


def _link_player(public_id: str, name: str) -> str:
    return f'<a href="{escape(write_address("player", public_id))}"><bdi>{escape(name)}</bdi></a>'


def _mark(markup: str) -> SafeString:
    return mark_safe(markup)  # noqa: S308 - its parts are escaped where they are put in
