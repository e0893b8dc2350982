"""Functions of the scheduled jobs (``config/schedule.py``), safe to run twice, concurrently, or late."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta

from django.conf import settings

from deltacrown.core.days import start_of_day
from deltacrown.games.services import archive_matches
from deltacrown.tournaments.services import sync_all_series
from deltacrown.user_profile.achievements.backfill import backfill_players
from deltacrown.user_profile.numbers.rank_folding import count_anew, fold_changes, verify_counts
from deltacrown.user_profile.numbers.reconciliation import reconcile_stats
from deltacrown.user_profile.people.anonymising import anonymise_due_accounts
from deltacrown.user_profile.people.avatars import sweep_avatars
from deltacrown.user_profile.people.profiles import ensure_profiles
from deltacrown.user_profile.people.standings import end_suspensions
from deltacrown.user_profile.timeline.archive import archive_activities

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]


class NumbersNotKept(RuntimeError):
    """Numbers will drift again: triggers are missing or off, or rows point to nobody."""


def reconcile_everything(*, clock: Clock) -> dict[str, object]:
    """Verify every cached number, and sync what follows from the facts; return the figures of the run.

    Series are synced with their games, and numbers that differ are repaired. Timelines, achievements and
    experience are synced of players whose rows have changed since the last run, for they may have been
    written past the services.

    :raises NumbersNotKept: after all that, when it found why numbers drift: the run is recorded as failed,
        so that somebody looks, every night until it is mended.
    """
    ensure_profiles()
    series = sync_all_series()
    if series.changed:
        logger.warning("%d results of series were not as their games say", series.changed)

    report = reconcile_stats(clock=clock, cause="schedule")
    backfilled = backfill_players()
    if backfilled.mended:
        logger.warning("%d entries, achievements and awards were not as the facts say", backfilled.mended)

    ranks = mend_ranks()
    if report.faults:
        raise NumbersNotKept(
            f"run {report.run}: {report.numbers_checked} numbers checked, {report.numbers_drifted} drifted, "
            f"{report.numbers_repaired} repaired. Cause: {report.cause}"
        )
    names = ("run", "numbers_checked", "numbers_drifted", "numbers_repaired", "cause")
    figures = {name: getattr(report, name) for name in names}
    figures["series_mended"], figures["ranks_mended"] = series.changed, ranks
    return {**figures, "mended": backfilled.mended, **backfilled.as_dict()}


def count_ranks(*, clock: Clock) -> dict[str, object]:  # noqa: ARG001 - it asks for no time
    """Count the changes of ranked players since the last run; return the figures."""
    folded = fold_changes()
    return {"changes": folded.changes, "anew": int(folded.is_anew)}


def mend_ranks() -> int:
    """Count all ranked players anew where they are not counted as they are; return how many were not."""
    differing = verify_counts()
    if differing:
        logger.warning("%d players or ranges of leaderboards were not counted as they are", differing)
        count_anew()
    return differing


def end_due_suspensions(*, clock: Clock) -> dict[str, object]:
    """Record the end of each suspension whose time is over; return how many."""
    return {"ended": end_suspensions(now=clock())}


def sweep_orphaned_avatars(*, clock: Clock) -> dict[str, object]:
    """Delete the pictures that no profile names, older than a day; return the figures."""
    swept = sweep_avatars(now=clock())
    return {"files": swept.files, "deleted": len(swept.orphans)}


def archive_old_matches(*, clock: Clock) -> dict[str, object]:
    """Archive matches older than ``ARCHIVE_MATCHES_AFTER_DAYS``; return the figures."""
    now = clock()
    before = start_of_day(now) - timedelta(days=settings.ARCHIVE_MATCHES_AFTER_DAYS)
    return asdict(archive_matches(before=before, now=now))


def archive_old_activities(*, clock: Clock) -> dict[str, object]:
    """Archive timeline entries older than ``ARCHIVE_ACTIVITIES_AFTER_DAYS``; return the figures."""
    now = clock()
    # A feed shows live entries only: what leaves it must tell no more than its day.
    before = start_of_day(now) - timedelta(days=settings.ARCHIVE_ACTIVITIES_AFTER_DAYS)
    return asdict(archive_activities(before=before, now=now))


def anonymise_due(*, clock: Clock) -> dict[str, object]:
    """Anonymise the accounts whose waiting time is over, and finish what was stopped; return the figures."""
    return {"anonymised": anonymise_due_accounts(now=clock())}
