"""The dates of a season: two years that end at a given time, and nothing that depends on the clock."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from random import Random

DAYS = 730
#: Hour (UTC) at which a season ends that is planned up to a day of the past.
LAST_HOUR = 22
#: No session of casual matches begins in the last hours, so that all its matches end within the season.
QUIET_HOURS = 3

#: Relative number of players on each day of the week (Monday first) and in each hour (UTC).
DAY_WEIGHTS = (8, 8, 9, 9, 13, 17, 15)
HOUR_WEIGHTS = (3, 2, 1, 1, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 9, 11, 14, 18, 22, 24, 20, 12, 6)
#: How much the number of matches per day grows from the first to the last day, relative to the first.
GROWTH = 0.6


@dataclass(frozen=True)
class Calendar:
    """The two years of a season.

    :param closes_at: the end of the season; a whole hour. Nothing is played or decided after it.
    """

    closes_at: datetime

    @classmethod
    def until(cls, day: date, now: datetime) -> Calendar:
        """Return the calendar that ends on a day: in the evening, or in the hour of ``now`` on its own day.

        :raises ValueError: the day is after that of ``now``.
        """
        current = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        if day > current.date():
            raise ValueError(f"A season cannot last until {day}: today is {current.date()}.")
        return cls(min(datetime.combine(day, time(LAST_HOUR), UTC), current))

    @cached_property
    def opens_at(self) -> datetime:
        """Return the beginning of the first day."""
        return datetime.combine(self.closes_at.date() - timedelta(days=DAYS - 1), time(), UTC)

    @property
    def staffed_at(self) -> datetime:
        """Return when the staff account joined. It tells the whole calendar: see ``of_staff``."""
        return self.closes_at - timedelta(days=DAYS + 30)

    @classmethod
    def of_staff(cls, staffed_at: datetime) -> Calendar:
        """Return the calendar of a season whose staff account joined at this time."""
        return cls(staffed_at + timedelta(days=DAYS + 30))

    def week_of(self, at: datetime) -> int:
        """Return the number of the week of the season that contains ``at``, from 0."""
        return min(max((at - self.opens_at).days // 7, 0), DAYS // 7)

    def draw_times(self, rng: Random, count: int) -> list[datetime]:
        """Return ``count`` random times, sorted: more in evenings, on weekends and late in the season."""
        last = self.closes_at - timedelta(hours=QUIET_HOURS)
        days = [self.opens_at + timedelta(days=day) for day in range(DAYS)]
        weights = [
            DAY_WEIGHTS[day.weekday()] * (1 + GROWTH * place / DAYS) * sum(_list_hours(day, last))
            for place, day in enumerate(days)
        ]
        chosen = rng.choices(days, weights, k=count)
        hours = [rng.choices(range(24), _list_hours(day, last))[0] for day in chosen]
        return sorted(
            day + timedelta(hours=hour, seconds=rng.randrange(3600))
            for day, hour in zip(chosen, hours, strict=True)
        )


def _list_hours(day: datetime, last: datetime) -> Sequence[int]:
    """Return the weights of the hours of a day, 0 for those from ``last`` on."""
    if day + timedelta(days=1) <= last:
        return HOUR_WEIGHTS
    return [weight if day + timedelta(hours=hour) < last else 0 for hour, weight in enumerate(HOUR_WEIGHTS)]


def make_stream(seed: str, topic: str) -> Random:
    """Return a random generator for one topic, so that a change in one topic does not change the others."""
    return Random(f"{seed}/{topic}")  # noqa: S311


def days_between(start: datetime, end: datetime) -> float:
    """Return the number of days from ``start`` to ``end``; negative if ``end`` is earlier."""
    return (end - start) / timedelta(days=1)


def draw_between(rng: Random, start: datetime, end: datetime) -> datetime:
    """Return a random time, in whole seconds, from ``start`` (included) to ``end`` (excluded)."""
    return start + timedelta(seconds=rng.randrange(max(int((end - start).total_seconds()), 1)))


def wave(period: float, phase: float, days: float) -> float:
    """Return the value after ``days`` of a sine wave between -1 and 1.

    :param period: days.
    :param phase: 0 to 1, as a part of the period.
    """
    return math.sin(2 * math.pi * (days / period + phase))


def spread_evenly(count: int, first: datetime, last: datetime) -> Sequence[datetime]:
    """Return ``count`` times from ``first`` to ``last`` at equal distances."""
    step = (last - first) / max(count - 1, 1)
    return [first + step * place for place in range(count)]
