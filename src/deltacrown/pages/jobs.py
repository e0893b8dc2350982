"""The scheduled job of this app (config/schedule.py); it may run twice, at the same time, or late."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

from deltacrown.pages import breakdowns

Clock = Callable[[], datetime]


def refresh_breakdowns(*, clock: Clock) -> dict[str, object]:
    """Verify the stats per game and fill the cache."""
    return asdict(breakdowns.refresh_breakdowns(clock=clock))
