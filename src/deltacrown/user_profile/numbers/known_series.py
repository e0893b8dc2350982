"""A number over time as this site knew it: what it showed at the end of each day, week or month."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from itertools import accumulate

from deltacrown.user_profile.numbers.catalogue import PlayerNumber
from deltacrown.user_profile.numbers.changes import compute_values, is_counted, list_parts
from deltacrown.user_profile.numbers.known_changes import list_stats_of
from deltacrown.user_profile.numbers.series import SeriesPoint
from deltacrown.user_profile.numbers.time_axis import By, build_steps
from django_tally.history import DailyChange, list_daily_changes

#: More days than a number can have changed on.
ALL_DAYS = 1_000_000


def list_known_days(number: PlayerNumber) -> list[DailyChange]:
    """Return what became known of a number on each day in UTC, the first day first.

    Days are what everybody who may read the rows behind a number may learn of its history.
    """
    return list_daily_changes(*list_stats_of(number), limit=ALL_DAYS)[::-1]


def build_known_points(
    number: PlayerNumber,
    days: Sequence[DailyChange],
    *,
    by: By,
    start: date,
    end: date,
    is_open: bool,
) -> list[SeriesPoint]:
    """Return a number at the end of each period, of what had become known by then.

    :param days: those of ``list_known_days``.
    :param is_open: whether the last period reaches the present.
    """
    steps = build_steps(by, _begin(start), _begin(end), is_open=is_open)
    starts = [_find(days, step.starts_at) for step in steps]
    ends = [len(days) if step.until is None else _find(days, step.until) for step in steps]

    sums = _add_up(number, days)
    values = compute_values(number, [sums[place] for place in ends])
    counted = is_counted(number)
    return [
        SeriesPoint(
            name=step.name,
            label=step.label,
            starts_at=step.starts_at,
            ends_at=step.ends_at,
            value=value,
            change=sums[until][0] - sums[since][0] if counted else None,
            within=None,
            rolling=None,
            is_empty=since == until,
        )
        for step, value, since, until in zip(steps, values, starts, ends, strict=True)
    ]


def _add_up(number: PlayerNumber, days: Sequence[DailyChange]) -> list[list[int]]:
    """Return what the parts of a number were before each of ``days``, and after the last."""
    places = {part.name: place for place, part in enumerate(list_parts(number))}
    moves = [[day.delta if place == places[day.stat] else 0 for place in places.values()] for day in days]
    columns = [list(accumulate([move[place] for move in moves], initial=0)) for place in places.values()]
    return [list(totals) for totals in zip(*columns, strict=True)]


def _find(days: Sequence[DailyChange], at: datetime) -> int:
    """Return how many of ``days`` lie before a midnight."""
    return bisect_left(days, at.astimezone(UTC).date(), key=lambda day: day.day)


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
