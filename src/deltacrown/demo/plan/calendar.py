"""When the season takes place: fixed dates, whatever today is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

OPENS = datetime(2024, 10, 1, tzinfo=UTC)
CLOSES = datetime(2026, 9, 30, 22, tzinfo=UTC)
DAYS = (CLOSES - OPENS).days + 1
WEEKS = DAYS // 7 + 1

#: How many play on each day of the week from Monday on, and in each hour (UTC).
DAY_WEIGHTS = (8, 8, 9, 9, 13, 17, 15)
HOUR_WEIGHTS = (3, 2, 1, 1, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 9, 11, 14, 18, 22, 24, 20, 12, 6)
#: The number of players at the end, as a multiple of that at the beginning, shows in the matches a day.
GROWTH = 0.6


def make_stream(seed: str, topic: str) -> Random:
    """Random numbers of their own for a topic, so that a change in one leaves the others as they were."""
    return Random(f"{seed}/{topic}")  # noqa: S311


def week_of(moment: datetime) -> int:
    """The week of the season that ``moment`` is in, from 0."""
    return min(max((moment - OPENS).days // 7, 0), WEEKS - 1)


def days_in(moment: datetime) -> float:
    """How many days of the season have gone by."""
    return (moment - OPENS) / timedelta(days=1)


def draw_moments(rng: Random, count: int) -> list[datetime]:
    """Draw ``count`` moments people play at: evenings, weekends, more as the season goes on; in order."""
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
    """Draw a whole second from ``start`` up to ``end``."""
    return start + timedelta(seconds=rng.randrange(max(int((end - start).total_seconds()), 1)))


def wave(period: float, phase: float, moment: datetime) -> float:
    """A slow rise and fall between -1 and 1."""
    return math.sin(2 * math.pi * (days_in(moment) / period + phase))


def spread_evenly(count: int, first: datetime, last: datetime) -> Sequence[datetime]:
    """``count`` moments from ``first`` to ``last`` at equal distances."""
    step = (last - first) / max(count - 1, 1)
    return [first + step * place for place in range(count)]
