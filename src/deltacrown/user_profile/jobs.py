"""Functions of the scheduled jobs (``config/schedule.py``), safe to run twice, concurrently, or late."""

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
    """Verify every cached number, repair those that differ, and return the figures of the run."""
    report = reconcile_stats(clock=clock, cause="schedule")
    return {
        name: getattr(report, name)
        for name in ("run", "numbers_checked", "numbers_drifted", "numbers_repaired")
    }


def archive_old_matches(*, clock: Clock) -> dict[str, object]:
    """Archive matches older than ``ARCHIVE_MATCHES_AFTER_DAYS``; return the figures."""
    now = clock()
    before = now - timedelta(days=settings.ARCHIVE_MATCHES_AFTER_DAYS)
    return asdict(archive_matches(before=before, now=now))


def archive_old_activities(*, clock: Clock) -> dict[str, object]:
    """Archive timeline entries older than ``ARCHIVE_ACTIVITIES_AFTER_DAYS``; return the figures."""
    now = clock()
    before = now - timedelta(days=settings.ARCHIVE_ACTIVITIES_AFTER_DAYS)
    return asdict(archive_activities(before=before, now=now))
