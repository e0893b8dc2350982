"""Template tags: what rows of matches say of opponents and series."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from deltacrown.core.pagination import Page
from deltacrown.pages.matches import MatchPage
from deltacrown.pages.scoreboards import Column, MatchLine
from deltacrown.user_profile.histories.matches import MatchEntry
from deltacrown.user_profile.histories.series_folds import Fold, fold_series
from deltacrown.web.match_rows import name_opponents, write_rows
from deltacrown.web.templatetags.figures import played
from deltacrown.web.templatetags.histories import DayOfRows, days_played, played_on, tally_of

register = template.Library()

FOLD = "web/parts/match_fold.html"
#: How many characters a score has that is written large.
SHORT_SCORE = 7


@register.simple_tag
def against(entry: MatchEntry) -> SafeString:
    """Return whom a match was played against, with links; empty where nobody is known, and of a lobby."""
    return name_opponents(entry)


@register.simple_tag(takes_context=True)
def match_rows(
    context: Any, entries: Sequence[MatchEntry], under: DayOfRows | None = None, one_by_one: bool = False
) -> SafeString:
    """Return the rows of a table of one player's matches: result, match, score, time.

    :param under: the day that stands above them, of which they do not repeat the date.
    :param one_by_one: whether each match is a row that counts; else the games of a series are one.
    """

    def tell_time(entry: MatchEntry) -> str:
        return played_on(entry, under) if under else played(entry)

    def draw_series(fold: Fold) -> str:
        with context.push(fold=fold, under=under):
            return str(context.template.engine.get_template(FOLD).render(context))

    folds = [Fold([entry]) for entry in entries] if one_by_one else fold_series(entries)
    return write_rows(folds, tell_time, draw_series, is_beneath=bool(under))


@register.simple_tag(takes_context=True)
def match_days(context: Any, found: Page[MatchEntry], is_first: bool) -> SafeString:
    """Return the body of a table of one player's matches by day, as ``days_played`` finds them."""
    days = [
        f'<tbody data-day="{day.iso}">\n'
        f'  <tr class="day"><th scope="rowgroup" colspan="4">{escape(day.label)}{tally_of(day)}</th></tr>\n'
        f"  \n{match_rows(context, day.entries, day)}\n</tbody>"
        for day in days_played(found, is_first)
    ]
    return mark_safe("".join(days))  # noqa: S308 - labels are escaped


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


def _write(sentence: str, **parts: object) -> SafeString:
    """Return a translated sentence, which is markup of ours, with escaped parts in it."""
    places = {name: f"{{{name}}}" for name in parts}
    return format_html(sentence % places, **parts)
