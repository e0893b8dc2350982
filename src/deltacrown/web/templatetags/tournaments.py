"""Template tags of tournaments: the rows of their tables, written without a template.

A front page has some forty of them, which took half of what the process spent on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deltacrown.core.addresses import write_address
from deltacrown.core.words import translate_stored
from deltacrown.pages.bracket_shapes import Encounter, EncounterSide
from deltacrown.web.match_rows import write_score
from deltacrown.web.templatetags.figures import figure, money, place, played
from deltacrown.web.templatetags.people import avatar, entrant_link, player_link, team_avatar

register = template.Library()

RESULT = """
  <tr>
    <td>{place}</td>
    <th scope="row" class="wide"><span class="main">{picture}{entrant}</span>{notes}</th>
    <td class="number">{prize}</td>
  </tr>
  """
PLAYER = (
    '<tr><th scope="row"><span class="main">{picture} {player}</span></th><td class="number">{games}</td>'
    '<td class="number">{wins}</td>{kills}</tr>'
)
KILLS = (
    '<td class="number">{kills}</td><td class="number">{deaths}</td><td class="number strong">{ratio}</td>'
)
ENCOUNTER = """
<li{state}><a class="main" href="{address}">{sides}</a><span class="note">{note}{when}</span>{reason}</li>"""
#: How many sides an encounter names; of more it says how many.
SIDES_NAMED = 4


@register.simple_tag
def result_rows(lines: Iterable[Any]) -> SafeString:
    """Return the rows of official results: place, entrant and prize."""
    return _mark("".join(map(_write_result, lines)))


@register.simple_tag
def player_rows(lines: Iterable[Any], with_kills: bool) -> SafeString:
    """Return the rows of what players did: games, wins, and kills where any were reported."""
    return _mark(
        "".join(
            PLAYER.format(
                picture=avatar(line),
                player=player_link(line),
                games=escape(figure(line.games)),
                wins=escape(figure(line.wins)),
                kills=_write_kills(line) if with_kills else "",
            )
            for line in lines
        )
    )


@register.simple_tag
def encounter_items(encounters: Iterable[Encounter], slug: str, dated: bool = False) -> SafeString:
    """Return series and matches of none as items of a list, each with its sides.

    :param slug: of the tournament.
    :param dated: whether to say in which round each was, rather than which of the round it was.
    """
    return _mark("".join(_write_encounter(each, slug, bool(dated)) for each in encounters))


def _write_encounter(each: Encounter, slug: str, dated: bool) -> str:
    if each.series:
        address = write_address("tournament-series", slug, each.series)
    else:
        address = write_address("match", each.game_slug, each.match_key)
    sides = "".join(map(_write_side, each.sides[:SIDES_NAMED]))
    others = len(each.sides) - SIDES_NAMED
    if others > 0:
        more = ngettext("and %(others)s more", "and %(others)s more", others) % {"others": figure(others)}
        sides += f'<span class="side soft">{escape(more)}</span>'
    notes = [each.title if dated else each.label, each.ending]
    note = "".join(f"{escape(said)} · " for said in notes if said)
    reason = f'<span class="void">{escape(each.uncounted_reason)}</span>' if each.uncounted_reason else ""
    return ENCOUNTER.format(
        state=' class="uncounted"' if reason else "",
        address=escape(address),
        sides=sides,
        note=note,
        when=conditional_escape(played(each)),
        reason=reason,
    )


def _write_side(side: EncounterSide) -> str:
    placed = f'<span class="soft">{escape(place(side.placement))}</span> ' if side.placement else ""
    score = f" <b>{write_score(side.score)}</b>" if side.score or not side.placement else ""
    name = escape(side.who.name)
    return f'<span class="side {escape(side.result.lower())}">{placed}<bdi>{name}</bdi>{score}</span>'


def _write_kills(line: Any) -> str:
    told = {name: escape(figure(getattr(line, name))) for name in ("kills", "deaths", "ratio")}
    return KILLS.format(**told)


def _write_result(line: Any) -> str:
    entrant = line.entrant
    picture = ""
    if entrant.public_id:
        picture = f"{avatar(entrant)} "
    elif entrant.team_slug:
        picture = f"{team_avatar(entrant.team_slug)} "
    prize = escape(money(line.prize_amount, line.prize_currency))
    return RESULT.format(
        place=_write_place(line),
        picture=picture,
        entrant=entrant_link(entrant),
        notes=_write_notes(line),
        prize=f"<s>{prize}</s>" if line.uncounted_reason else prize,
    )


def _write_place(line: Any) -> str:
    if line.disqualified_reason:
        disqualified = _("DQ")
        return f'<span class="result loss">{disqualified}</span>'
    named = escape(place(line.placement, line.placement_to))
    if line.uncounted_reason:
        shown = f"<s>{named}</s>"
    else:
        shown = f'<span class="place medal p{line.placement or ""}">{named}</span>'
    if line.is_tied and not line.placement_to:
        tied = _("tied")
        shown += f' <span class="note inline">{tied}</span>'
    return shown


def _write_notes(line: Any) -> str:
    """Return who was in the team, and why a result is none or counts nowhere."""
    notes = []
    if line.roster:
        notes.append(f'<span class="note">{", ".join(map(entrant_link, line.roster))}</span>')
    if line.unplaced_reason and not line.disqualified_reason:
        said = _("Unranked: %(reason)s") % _tell(line.unplaced_reason)
        notes.append(f'<span class="note">{said}</span>')
    if line.disqualified_reason:
        said = _("Disqualified: %(reason)s") % _tell(line.disqualified_reason)
        notes.append(f'<span class="void">{said}</span>')
    if line.uncounted_reason:
        said = _("Not counted: %(reason)s") % _tell(line.uncounted_reason)
        notes.append(f'<span class="void">{said}</span>')
    return "".join(notes)


def _tell(reason: str) -> dict[str, str]:
    return {"reason": escape(translate_stored(reason))}


def _mark(markup: str) -> SafeString:
    return mark_safe(markup)  # noqa: S308 - what is of players and organisers is escaped
