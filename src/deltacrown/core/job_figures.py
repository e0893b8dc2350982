"""What is told of each job in metrics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from deltacrown.core.jobs import list_job_states
from deltacrown.core.models import JobRun


@dataclass(frozen=True)
class JobFigures:
    """The figures of a job.

    :param done_at: when the latest run that was done ended; ``seconds`` how long it took. None without one.
    :param failures: how many runs failed since then.
    """

    job: str
    done_at: datetime | None
    seconds: float | None
    failures: int
    has_problem: bool


def list_job_figures(now: datetime) -> list[JobFigures]:
    """Return the figures of every job of the schedule, in four queries."""
    done = JobRun.objects.filter(status=JobRun.Status.DONE).order_by()
    latest = done.values("job").annotate(latest=Max("pk")).values("latest")
    took = {
        job: (ended, (ended - began).total_seconds())
        for job, began, ended in done.filter(pk__in=latest).values_list("job", "started_at", "finished_at")
        if ended is not None
    }
    figures = []
    for state in list_job_states(now):
        done_at, seconds = took.get(state.job.name, (None, None))
        figures.append(JobFigures(state.job.name, done_at, seconds, state.failures, bool(state.problem)))
    return figures
