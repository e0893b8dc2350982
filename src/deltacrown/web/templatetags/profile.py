"""Template filters of a player's overview."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deltacrown.core.addresses import write_address
from deltacrown.core.dates import write_day
from deltacrown.games.models import MatchRow
from deltacrown.user_profile.histories.form import FormMatch, Streak
from deltacrown.user_profile.histories.match_words import word_stat, write_value
from deltacrown.web.profile_charts import Cell

register = template.Library()


@register.filter
def at(values: Mapping[str, Any] | str, name: str) -> Any:
    """Return the value under ``name``; None for none, and of what is no mapping."""
    return values.get(name) if isinstance(values, Mapping) else None


@register.filter
def reported_name(name: str) -> str:
    """Return the name of a reported stat as words, in the reader's language where the site knows it."""
    return word_stat(name)


@register.filter
def reported_value(value: float) -> str:
    """Return a reported number, with the decimals that it needs."""
    return write_value(value)


@register.filter
def pips(form: Iterable[FormMatch]) -> SafeString:
    """Return the results of matches as a mark each, with a link and the day in UTC."""
    labels = {each: escape(str(each.label)) for each in MatchRow.Result}
    drawn = []
    for match in form:
        label, address = labels[match.result], write_address("match", match.game_slug, match.match_key)
        told = f"{label}, {escape(match.game_name)}, {escape(write_day(match.played_at))}"
        initial = escape(str(match.result.label)[:1])
        drawn.append(
            f'<li><a class="{match.result.lower()}" href="{escape(address)}" title="{told}">'
            f'<span aria-hidden="true">{initial}</span><span class="unseen">{told}</span></a></li>'
        )
    return mark_safe("".join(drawn))  # noqa: S308 - escaped


@register.filter
def words(streak: Streak) -> str:
    """Return a streak in words: ``3 wins``; ``100 wins or more`` where not all were read."""
    said = {
        MatchRow.Result.WIN: ngettext("%(n)s win", "%(n)s wins", streak.length),
        MatchRow.Result.LOSS: ngettext("%(n)s loss", "%(n)s losses", streak.length),
    }.get(streak.result, ngettext("%(n)s draw", "%(n)s draws", streak.length))
    told = said % {"n": streak.length}
    return _("%(streak)s or more") % {"streak": told} if streak.is_longer else told


@register.filter
def cell_rects(cells: Iterable[Cell]) -> SafeString:
    """Return the days of the calendar that have matches, each with its title: a year has hundreds."""
    drawn = [
        f'<rect class="s{cell.shade}" x="{cell.x}" y="{cell.y}" width="10" height="10">'
        f"<title>{escape(_title(cell))}</title></rect>"
        for cell in cells
    ]
    return mark_safe("".join(drawn))  # noqa: S308 - the titles are escaped


def _title(cell: Cell) -> str:
    """Return what happened on a day of the calendar: ``3 Mar 2025: 4 matches, 2 won``."""
    said = ngettext("%(day)s: %(n)s match, %(won)s won", "%(day)s: %(n)s matches, %(won)s won", cell.played)
    return said % {"day": cell.day, "n": cell.played, "won": cell.won}
