"""Whether the scheduled jobs are run, and whether what they work off has piled up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from deltacrown.core.jobs import list_job_states
from deltacrown.operations.doctor.findings import Finding, Visit
from deltacrown.user_profile.models import RankChange

#: Some jobs run every few minutes: where none ran for so long, nothing runs them.
SILENCE = timedelta(hours=2)
#: A place is read in the time of this many changes that were not counted yet.
MOST_RANK_CHANGES = 100_000


def find_job_faults(visit: Visit) -> Iterator[Finding]:
    """Find jobs that failed, were killed, do not end or were missed; or that nothing runs at all."""
    now = visit.clock()
    states = list_job_states(now)
    problems = [state for state in states if state.problem]
    latest = max((state.latest for state in states if state.latest), default=None)
    missed = [state for state in problems if state.is_due and state.problem.endswith("has not been run.")]
    if len(missed) > 1 and (latest is None or latest < now - SILENCE):
        since = f"since {latest:%Y-%m-%d %H:%M} UTC" if latest else "ever"
        yield Finding(
            f"No job was run {since}, and {len(missed)} are overdue: nothing starts them.",
            "Start Celery's beat and a worker, or the timers or the crontab of deltacrown list_jobs "
            "(docs/how-to/run-the-jobs.md). What is overdue now: deltacrown run_job --due.",
        )
        problems = [state for state in problems if state not in missed]
    for state in problems:
        yield Finding(
            state.problem,
            "Read why in the admin (Job runs) or the log, mend it, then: deltacrown run_job "
            f"{state.job.name}.",
        )


def find_waiting_work(_visit: Visit) -> Iterator[Finding]:
    """Find work for jobs that is more than they leave behind when they run."""
    waiting = RankChange.objects.order_by().values("pk")[: MOST_RANK_CHANGES + 1].count()
    if waiting > MOST_RANK_CHANGES:
        yield Finding(
            f"More than {MOST_RANK_CHANGES:,} changes wait to be counted for leaderboards, which get slow.",
            "deltacrown run_job count-ranks; it is due every ten minutes.",
        )
