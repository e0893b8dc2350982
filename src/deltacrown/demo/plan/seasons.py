"""The seasons of the demo, as staff name them: half years of all games, and the splits of one game."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from deltacrown.demo.plan.calendar import Calendar

#: The game that is played in splits, a quarter each, and how many of them the demo has.
SPLIT_GAME, SPLITS = "valorant", 2


@dataclass(frozen=True)
class PlannedSeason:
    """A season; ``game`` is a slug, empty for all games."""

    slug: str
    name: str
    starts_at: datetime
    ends_at: datetime
    game: str = ""


def list_seasons(calendar: Calendar) -> list[PlannedSeason]:
    """Return the half years that cover the calendar, earliest first, then the last splits of one game."""
    halves = []
    start = _start_of_half(calendar.opens_at)
    while start <= calendar.closes_at:
        halves.append(_name_half(start, _move(start, 6)))
        start = _move(start, 6)

    quarter = calendar.closes_at.month - (calendar.closes_at.month - 1) % 3
    current = datetime(calendar.closes_at.year, quarter, 1, tzinfo=UTC)
    splits = [_name_split(_move(current, -3 * back)) for back in reversed(range(SPLITS))]
    return halves + splits


def _start_of_half(at: datetime) -> datetime:
    """Return the start of the half year around ``at``: that of April, or that of October."""
    year = at.year if at.month >= 4 else at.year - 1
    return datetime(year, 4 if 4 <= at.month < 10 else 10, 1, tzinfo=UTC)


def _move(first: datetime, months: int) -> datetime:
    """Return the first day of a month so many months later."""
    count = first.year * 12 + first.month - 1 + months
    return first.replace(year=count // 12, month=count % 12 + 1)


def _name_half(start: datetime, end: datetime) -> PlannedSeason:
    if start.month == 4:
        return PlannedSeason(f"{start.year}-summer", f"Summer {start.year}", start, end)
    return PlannedSeason(f"{start.year}-winter", f"Winter {start.year}/{end:%y}", start, end)


def _name_split(start: datetime) -> PlannedSeason:
    number = start.month // 3 + 1
    slug = f"{SPLIT_GAME}-{start.year}-split-{number}"
    return PlannedSeason(slug, f"{start.year} Split {number}", start, _move(start, 3), SPLIT_GAME)
