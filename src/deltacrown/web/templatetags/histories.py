"""Template filters of histories: their rows by day, and the charts of what they come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from html import escape
from itertools import groupby
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import get_current_timezone, localtime
from django.utils.translation import ngettext, pgettext_lazy

from deltacrown.core.dates import write_day, write_hour, write_minute
from deltacrown.core.days import Precision, add_days, to_utc
from deltacrown.core.pagination import Page
from deltacrown.pages.history_totals import MonthTotal, Outcomes, PlayedTotals
from deltacrown.user_profile.numbers.time_axis import By
from deltacrown.web.match_rows import NOTHING
from deltacrown.web.small_charts import Bar, draw_bars
from deltacrown.web.templatetags.figures import day as write_utc_day
from deltacrown.web.templatetags.figures import figure, played, write_datetime

register = template.Library()

PERIODS = {
    By.DAY: pgettext_lazy("period", "day"),
    By.WEEK: pgettext_lazy("period", "week"),
    By.MONTH: pgettext_lazy("period", "month"),
    By.SEASON: pgettext_lazy("period", "season"),
}


@dataclass(frozen=True)
class DayOfRows:
    """What a page of a list has of one day, in the order of the list.

    :param label: the day as people read it.
    :param tally: what its rows come to that count; None where others of the day may be on other pages.
    """

    day: date
    label: str
    entries: list[Any]
    tally: Outcomes | None = None

    @property
    def iso(self) -> str:
        """Return the day as ``2025-04-06``."""
        return self.day.isoformat()


@register.simple_tag
def days_played(found: Page[Any], is_first: bool) -> list[DayOfRows]:
    """Return a page of matches or series by the reader's day, with what each day comes to.

    What is known by its day alone stays on it, in UTC. The games of one series stay together, on the day of
    the last: they are folded into one row.

    :param is_first: whether it is the first page of its list.
    """
    dated: list[tuple[date, Any]] = []
    for entry in found.items:
        day = _day_for_reader(entry.played_at, is_exact=entry.is_time_known)
        if dated and _get_series(entry) and _get_series(entry) == _get_series(dated[-1][1]):
            day = dated[-1][0]
        dated.append((day, entry))

    grouped = [(day, [entry for _, entry in rows]) for day, rows in groupby(dated, key=lambda each: each[0])]
    times_headed = Counter(day for day, _ in grouped)
    return [
        _make_day(
            day, rows, _sum_up(rows) if times_headed[day] == 1 and _is_whole(day, found, is_first) else None
        )
        for day, rows in grouped
    ]


@register.filter
def by_day_told(entries: Iterable[Any]) -> list[DayOfRows]:
    """Return entries of a timeline by the reader's day; what is told by the day stays on that day in UTC."""

    def day_of(entry: Any) -> date:
        return _day_for_reader(entry.created_at, is_exact=entry.precision is Precision.EXACT)

    return [_make_day(day, found) for day, found in groupby(entries, key=day_of)]


@register.simple_tag(takes_context=True)
def when_played(context: Mapping[str, Any], match: Any) -> SafeString | str:
    """Return when a match was played, without the date where that of ``under`` stands above it."""
    under = context.get("under")
    return played_on(match, under) if under else played(match)


@register.filter
def played_on(match: Any, under: DayOfRows) -> SafeString | str:
    """Return the hour at which a match or series of a day was played; of another day, the date as well.

    A dash where the day alone is known.
    """
    return _tell_hour(match.played_at, under, is_exact=match.is_time_known)


@register.filter
def told_on(entry: Any, under: DayOfRows) -> SafeString | str:
    """Return the hour of an entry of a day; a dash where the reader may know the day alone."""
    return _tell_hour(entry.created_at, under, is_exact=entry.precision is Precision.EXACT)


@register.filter
def period(size: By) -> str:
    """Return what a period of this size is called: ``day``."""
    return str(PERIODS[size])


@register.filter
def month(starts_at: datetime) -> str:
    """Return the month that begins then: ``Apr 2025``."""
    return write_day(starts_at).split(" ", 1)[1]


@register.filter
def month_rows(months: Sequence[MonthTotal]) -> SafeString:
    """Return the rows of a table of months, the latest first: played, won, lost and drawn."""
    rows = []
    for each in reversed(months):
        told = each.outcomes
        numbers = [figure(count) for count in (told.played, told.won, told.lost, told.drawn)]
        cells = "".join(f'<td class="number">{escape(number)}</td>' for number in numbers)
        rows.append(f'<tr><th scope="row">{escape(month(each.starts_at))}</th>{cells}</tr>')
    return mark_safe("".join(rows))  # noqa: S308 - escaped


@register.filter
def tally_of(day: DayOfRows) -> SafeString:
    """Return what the rows of a day come to, where all of the day are here and there are several."""
    tally = day.tally
    if tally is None or tally.played < 2:
        return SafeString()
    won, lost, drawn = tally.won, tally.lost, tally.drawn
    told = ""  # the sentences stand outside of f-strings: what gathers texts does not look into those
    if won:
        said = _count(ngettext("%(figure)s won", "%(figure)s won", won), won)
        told += f'<span class="win">{said}</span>'
    if lost:
        said = _count(ngettext("%(figure)s lost", "%(figure)s lost", lost), lost)
        told += f' <span class="loss">{said}</span>'
    if drawn:
        said = _count(ngettext("%(figure)s drawn", "%(figure)s drawn", drawn), drawn)
        told += f" <span>{said}</span>"
    return mark_safe(f' <span class="tally">{told}</span>')  # noqa: S308 - escaped


def _count(sentence: str, count: int) -> str:
    return sentence % {"figure": escape(figure(count))}


@register.filter
def bars_of(totals: PlayedTotals) -> list[Bar]:
    """Return a bar for each month: what was played, and how much of it was won."""
    return draw_bars(
        [(month(each.starts_at), each.outcomes.played, each.outcomes.won) for each in totals.months]
    )


def _get_series(entry: Any) -> tuple[str, str] | None:
    """Return the series that a match is a game of; None for a match of none, and for a series."""
    details = getattr(entry, "tournament", None)
    return (details.slug, details.series) if details and details.series else None


def _day_for_reader(value: datetime, *, is_exact: bool) -> date:
    try:
        return localtime(value).date() if is_exact else value.astimezone(UTC).date()
    except OverflowError:  # the first or the last day of the calendar, in another zone
        return value.date()


def _make_day(day: date, entries: Iterable[Any], tally: Outcomes | None = None) -> DayOfRows:
    return DayOfRows(day, write_day(datetime.combine(day, time(), UTC)), list(entries), tally)


def _tell_hour(value: datetime, under: DayOfRows, *, is_exact: bool) -> SafeString | str:
    if not is_exact:
        return NOTHING if value.astimezone(UTC).date() == under.day else write_utc_day(value)
    if _day_for_reader(value, is_exact=True) != under.day:
        return write_datetime(value)
    stamp, hour = value.astimezone(UTC).isoformat(), write_hour(value, get_current_timezone())
    marked = '<time class="of-day" datetime="{}" title="{} UTC">{}</time>'
    return format_html(marked, stamp, write_minute(value), hour)


def _is_whole(day: date, found: Page[Any], is_first: bool) -> bool:
    """Return whether no row of a day can be on another page: this one begins after it, and ends before it.

    The day is that in UTC and that of the reader together, since rows may be on it by either.
    """
    midnight = datetime.combine(day, time(), UTC)
    there = to_utc(midnight.replace(tzinfo=get_current_timezone()))
    begins, ends = min(midnight, there), add_days(max(midnight, there), days=1)
    return (is_first or found.items[0].played_at >= ends) and (
        not found.has_next or found.items[-1].played_at < begins
    )


def _sum_up(entries: Iterable[Any]) -> Outcomes:
    results = Counter(str(entry.result) for entry in entries if _counts(entry))
    return Outcomes(results["WIN"], results["LOSS"], results["DRAW"])


def _counts(entry: Any) -> bool:
    return not entry.uncounted_reason and not getattr(entry, "is_voided", False)
