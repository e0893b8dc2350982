"""The jobs of the schedule (config/schedule.py), one function each. They do no harm when they run twice, at once, or late."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta

from django.conf import settings

from deltacrown.games.services import archive_matches
from deltacrown.user_profile.numbers.reconciliation import reconcile_stats
from deltacrown.user_profile.timeline.archive import archive_activities

Clock = Callable[[], datetime]


def reconcile_everything(*, clock: Clock) -> dict[str, object]:
    """Verify every cached number and repair what differs."""
    report = reconcile_stats(clock=clock, cause="schedule")
    return {
        name: getattr(report, name)
        for name in ("run", "numbers_checked", "numbers_drifted", "numbers_repaired")
    }


def archive_old_matches(*, clock: Clock) -> dict[str, object]:
    """Move matches that are old enough into the archive."""
    now = clock()
    return asdict(archive_matches(before=now - timedelta(days=settings.ARCHIVE_MATCHES_AFTER_DAYS), now=now))


def archive_old_activities(*, clock: Clock) -> dict[str, object]:
    """Move timeline entries that are old enough into the archive."""
    now = clock()
    return asdict(
        archive_activities(before=now - timedelta(days=settings.ARCHIVE_ACTIVITIES_AFTER_DAYS), now=now)
    )
