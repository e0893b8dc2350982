"""Delete the records of runs that nobody asks for any more: some jobs run every minute."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import Max, Q

from deltacrown.core.jobs import list_jobs
from deltacrown.core.models import JobRun
from django_tally.transactions import atomic_service

#: For so long every run is kept; and one that was done, of a job that runs every hour or more often.
KEPT_FOR, FREQUENT_KEPT_FOR = timedelta(days=90), timedelta(days=7)
#: How many are deleted in one transaction.
BATCH = 1_000


def prune_job_runs(*, clock: Callable[[], datetime]) -> dict[str, object]:
    """Delete runs that began 90 days ago, of jobs that run every hour or minute after 7; return how many.

    Kept are, of each job, the latest that was done, the latest that failed, and what is running: what is due,
    and what is wrong, follow from these.
    """
    now, deleted = clock(), 0
    while batch := _delete_batch(now):
        deleted += batch
    return {"deleted": deleted}


@atomic_service
def _delete_batch(now: datetime) -> int:
    latest = JobRun.objects.order_by().values("job", "status").annotate(latest=Max("pk"))
    kept = [row["latest"] for row in latest]
    frequent = [job.name for job in list_jobs() if job.cadence.hour is None]
    done = Q(job__in=frequent, status=JobRun.Status.DONE, started_at__lt=now - FREQUENT_KEPT_FOR)
    old = JobRun.objects.filter(Q(started_at__lt=now - KEPT_FOR) | done).exclude(status=JobRun.Status.RUNNING)
    batch = list(old.exclude(pk__in=kept).order_by("pk").values_list("pk", flat=True)[:BATCH])
    return int(JobRun.objects.filter(pk__in=batch).delete()[0])
