"""The dates of the season, which do not depend on the current date."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

OPENS = datetime(2024, 10, 1, tzinfo=UTC)
CLOSES = datetime(2026, 9, 30, 22, tzinfo=UTC)
DAYS = (CLOSES - OPENS).days + 1
WEEKS = DAYS // 7 + 1

#: Relative number of players on each day of the week (Monday first) and in each hour (UTC).
DAY_WEIGHTS = (8, 8, 9, 9, 13, 17, 15)
HOUR_WEIGHTS = (3, 2, 1, 1, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 9, 11, 14, 18, 22, 24, 20, 12, 6)
#: How much the number of matches per day grows from the first to the last day, relative to the first.
GROWTH = 0.6


def make_stream(seed: str, topic: str) -> Random:
    """Return a random generator for one topic, so that a change in one topic does not change the others."""
    return Random(f"{seed}/{topic}")  # noqa: S311


def week_of(at: datetime) -> int:
    """Return the number of the week of the season that contains ``at``, from 0."""
    return min(max((at - OPENS).days // 7, 0), WEEKS - 1)


def days_in(at: datetime) -> float:
    """Return the number of days since the season opened; negative before that."""
    return (at - OPENS) / timedelta(days=1)


def draw_times(rng: Random, count: int) -> list[datetime]:
    """Return ``count`` random times, sorted: more in evenings, on weekends and late in the season."""
    days = range(DAYS - 1)
    weights = [
        DAY_WEIGHTS[(OPENS + timedelta(days=day)).weekday()] * (1 + GROWTH * day / DAYS) for day in days
    ]
    chosen = rng.choices(days, weights, k=count)
    hours = rng.choices(range(24), HOUR_WEIGHTS, k=count)
    return sorted(
        OPENS + timedelta(days=day, hours=hour, seconds=rng.randrange(3600))
        for day, hour in zip(chosen, hours, strict=True)
    )


def draw_between(rng: Random, start: datetime, end: datetime) -> datetime:
    """Return a random time, in whole seconds, from ``start`` (included) to ``end`` (excluded)."""
    return start + timedelta(seconds=rng.randrange(max(int((end - start).total_seconds()), 1)))


def wave(period: float, phase: float, at: datetime) -> float:
    """Return the value at ``at`` of a sine wave between -1 and 1.

    :param period: days.
    :param phase: 0 to 1, as a part of the period.
    """
    return math.sin(2 * math.pi * (days_in(at) / period + phase))


def spread_evenly(count: int, first: datetime, last: datetime) -> Sequence[datetime]:
    """Return ``count`` times from ``first`` to ``last`` at equal distances."""
    step = (last - first) / max(count - 1, 1)
    return [first + step * place for place in range(count)]
