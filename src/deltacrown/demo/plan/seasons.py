"""The seasons of the demo, as staff name them: half years of all games, and the split of one game."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from deltacrown.demo.plan.calendar import OPENS


@dataclass(frozen=True)
class PlannedSeason:
    """A season; ``game`` is a slug, empty for all games."""

    slug: str
    name: str
    starts_at: datetime
    ends_at: datetime
    game: str = ""


def list_seasons() -> list[PlannedSeason]:
    """Return the seasons of the two years, earliest first; that of one game lies within another."""
    winter, summer = OPENS, datetime(2025, 4, 1, tzinfo=UTC)
    next_winter, next_summer = (at.replace(year=at.year + 1) for at in (winter, summer))
    end = next_winter.replace(year=next_winter.year + 1)
    split = (datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 7, 20, tzinfo=UTC))
    return [
        PlannedSeason("2024-winter", "Winter 2024/25", winter, summer),
        PlannedSeason("2025-summer", "Summer 2025", summer, next_winter),
        PlannedSeason("2025-winter", "Winter 2025/26", next_winter, next_summer),
        PlannedSeason("2026-summer", "Summer 2026", next_summer, end),
        PlannedSeason("valorant-2026-split-2", "2026 Split 2", *split, game="valorant"),
    ]
