"""Template tags: what rows of matches say of opponents and series."""

from __future__ import annotations

from collections.abc import Sequence

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deltacrown.pages.matches import MatchPage
from deltacrown.pages.scoreboards import Column, MatchLine
from deltacrown.user_profile.histories.matches import MatchEntry, Opponent, TournamentDetails
from deltacrown.user_profile.histories.series_folds import Fold, fold_series

register = template.Library()

#: How many opponents a row names; of more it says how many.
NAMED = 2
#: How many characters a score has that is written large.
SHORT_SCORE = 7


@register.simple_tag
def folds_of(entries: Sequence[MatchEntry], one_by_one: bool = False) -> list[Fold]:
    """Return the rows of a list of matches: a series is one row, unless each match is a row that counts."""
    return [Fold([entry]) for entry in entries] if one_by_one else fold_series(entries)


@register.simple_tag
def against(entry: MatchEntry) -> SafeString | str:
    """Return whom a match was played against, with links; empty where nobody is known, and of a lobby."""
    told = entry.tournament
    if told and told.opponent:
        return _write(_('<span class="against">against</span> %(opponent)s'), opponent=_link_official(told))
    if entry.opposing_side:
        side = format_html("<bdi>{}</bdi>", entry.opposing_side)
        return _write(_('<span class="against">against</span> %(opponent)s'), opponent=side)

    others = entry.opponents or ()
    is_lobby = len(others) > NAMED and entry.placement is not None
    if is_lobby or not others:
        return ""
    return _write(_('<span class="against">against</span> %(opponent)s'), opponent=_name_players(others))


@register.simple_tag
def opposing_players(entry: MatchEntry) -> SafeString | str:
    """Return the players of the other side, with links, where ``against`` names the side."""
    return _name_players(entry.opponents) if entry.opponents and entry.opposing_side else ""


@register.filter
def value_in(line: MatchLine, column: Column) -> object:
    """Return what a line has in a column."""
    return line.get_value(column)


@register.simple_tag
def score_line(page: MatchPage) -> SafeString:
    """Return both sides of a match with the score between them; without one, who played against whom."""
    first, second = [
        format_html('<span class="of {}"><bdi>{}</bdi></span>', side.result.lower(), side.name)
        for side in page.sides
    ]
    if not page.score:
        return _write(
            _('%(first)s <span class="against">against</span> %(second)s'), first=first, second=second
        )
    size = " long" if len(page.score) > SHORT_SCORE else ""
    score = format_html('<b class="value{}">{}</b>', size, page.score)
    return _write(_("%(first)s %(score)s %(second)s"), first=first, score=score, second=second)


def _name_players(others: Sequence[Opponent]) -> SafeString:
    named = [_link_player(each.public_id, each.name) for each in others[:NAMED]]
    if len(others) == 1:
        return named[0]
    if len(others) == NAMED:
        return _write(_("%(first)s and %(second)s"), first=named[0], second=named[1])

    more = len(others) - NAMED
    sentence = ngettext(
        "%(first)s, %(second)s and %(more)s more", "%(first)s, %(second)s and %(more)s more", more
    )
    return _write(sentence, first=named[0], second=named[1], more=more)


def _link_official(told: TournamentDetails) -> SafeString:
    if told.opponent_public_id:
        return _link_player(told.opponent_public_id, told.opponent)
    return format_html(
        '<a href="{}"><bdi>{}</bdi></a>', reverse("team", args=[told.opponent_slug]), told.opponent
    )


def _link_player(public_id: str, name: str) -> SafeString:
    return format_html('<a href="{}"><bdi>{}</bdi></a>', reverse("player", args=[public_id]), name)


def _write(sentence: str, **parts: object) -> SafeString:
    """Return a translated sentence, which is markup of ours, with escaped parts in it."""
    places = {name: f"{{{name}}}" for name in parts}
    return format_html(sentence % places, **parts)
