"""Template filters of histories: their rows by day, and the charts of what they come to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import groupby
from typing import Any

from django import template
from django.utils.timezone import localtime
from django.utils.translation import pgettext_lazy

from deltacrown.core.dates import write_day
from deltacrown.core.days import Precision
from deltacrown.pages.history_totals import PlayedTotals
from deltacrown.user_profile.numbers.time_axis import By
from deltacrown.web.small_charts import Bar, draw_bars

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

    :param iso: the day as ``2025-04-06``, ``label`` as people read it.
    """

    iso: str
    label: str
    entries: list[Any]


@register.filter
def by_day_played(entries: Iterable[Any]) -> list[DayOfRows]:
    """Return matches or series by the reader's day; what is known by its day alone stays on it, in UTC.

    The games of one series stay together, on the day of the last: they are folded into one row.
    """
    dated: list[tuple[date, Any]] = []
    for entry in entries:
        day = _day_for_reader(entry.played_at, is_exact=entry.is_time_known)
        if dated and _get_series(entry) and _get_series(entry) == _get_series(dated[-1][1]):
            day = dated[-1][0]
        dated.append((day, entry))

    grouped = groupby(dated, key=lambda each: each[0])
    return [_make_day(day, [entry for _, entry in found]) for day, found in grouped]


@register.filter
def by_day_told(entries: Iterable[Any]) -> list[DayOfRows]:
    """Return entries of a timeline by the reader's day; what is told by the day stays on that day in UTC."""

    def day_of(entry: Any) -> date:
        return _day_for_reader(entry.created_at, is_exact=entry.precision is Precision.EXACT)

    return [_make_day(day, found) for day, found in groupby(entries, key=day_of)]


@register.filter
def period(size: By) -> str:
    """Return what a period of this size is called: ``day``."""
    return str(PERIODS[size])


@register.filter
def month(starts_at: datetime) -> str:
    """Return the month that begins then: ``Apr 2025``."""
    return write_day(starts_at).split(" ", 1)[1]


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


def _make_day(day: date, entries: Iterable[Any]) -> DayOfRows:
    return DayOfRows(day.isoformat(), write_day(datetime.combine(day, time(), UTC)), list(entries))
