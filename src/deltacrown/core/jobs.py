"""Running the jobs of the schedule, each with a record, never two of one at once; and saying what failed or was missed."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Max, Min, Q
from django.utils.module_loading import import_string

from deltacrown.core.cadence import Job
from deltacrown.core.errors import Conflict, NotFound
from deltacrown.core.models import JobRun
from django_tally.transactions import atomic_service

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]

DEAD = "It never reported back: the process was killed, or the machine stopped."


class UnknownJob(NotFound):
    """The schedule has no job of this name."""


class AlreadyRunning(Conflict):
    """The job is being done at this moment."""


@dataclass(frozen=True)
class JobState:
    """How a job stands.

    :param latest: when its latest run began; ``None`` when there was none.
    :param problem: ``""``, or what is wrong, in a sentence.
    :param is_due: whether it should have begun by now and has not.
    """

    job: Job
    latest: datetime | None
    problem: str
    is_due: bool


def list_jobs() -> tuple[Job, ...]:
    """The schedule."""
    jobs: tuple[Job, ...] = settings.JOBS
    return jobs


def get_job(name: str) -> Job:
    """The job of this name.

    :raises UnknownJob: when there is none.
    """
    for job in list_jobs():
        if job.name == name:
            return job
    raise UnknownJob(
        f"There is no job {name!r}: use {', '.join(job.name for job in list_jobs())}.", field="job"
    )


def run_job(name: str, *, cause: str, clock: Clock, take_over: bool = False) -> JobRun:
    """Do a job now and record how it went.

    :param take_over: take a run that is recorded as running for dead, however young.
    :raises UnknownJob: when there is no such job.
    :raises AlreadyRunning: when it is running; nothing was done.
    :raises Exception: whatever the job raised, after it was recorded.
    """
    job = get_job(name)
    run = begin_run(job=job, cause=cause, now=clock(), take_over=take_over)
    try:
        summary = import_string(job.function)(clock=clock)
    except BaseException:  # a worker that is told to stop leaves a record too
        finish_run(run=run, now=clock(), error=traceback.format_exc(limit=-5))
        raise
    return finish_run(run=run, now=clock(), summary=summary)


@atomic_service
def _bury_the_dead(*, job: Job, now: datetime, take_over: bool) -> None:
    running = JobRun.objects.filter(job=job.name, status=JobRun.Status.RUNNING)
    dead = running if take_over else running.filter(started_at__lt=now - job.longest)
    if dead.update(status=JobRun.Status.FAILED, finished_at=now, error=DEAD):
        logger.error("job %s: an earlier run never reported back", job.name)


def begin_run(*, job: Job, cause: str, now: datetime, take_over: bool = False) -> JobRun:
    """Record that ``job`` runs from now on.

    :raises AlreadyRunning: when a run of it is recorded that may still be alive.
    """
    _bury_the_dead(job=job, now=now, take_over=take_over)
    try:
        return _insert_run(job=job, cause=cause, now=now)
    except IntegrityError:
        raise AlreadyRunning(f"{job.name} is running already; nothing was done.") from None


@atomic_service
def _insert_run(*, job: Job, cause: str, now: datetime) -> JobRun:
    return JobRun.objects.create(job=job.name, cause=cause, started_at=now)


@atomic_service
def finish_run(
    *, run: JobRun, now: datetime, summary: dict[str, object] | None = None, error: str = ""
) -> JobRun:
    """Record how a run ended, unless it was taken for dead meanwhile."""
    run.status, run.finished_at = (JobRun.Status.FAILED if error else JobRun.Status.DONE), now
    run.summary, run.error = summary or {}, error
    ended = {"status": run.status, "finished_at": now, "summary": run.summary, "error": error}
    if not JobRun.objects.filter(pk=run.pk, status=JobRun.Status.RUNNING).update(**ended):
        logger.warning("job %s: run %s was taken for dead before it ended", run.job, run.pk)
    if error:
        logger.error("job %s failed: %s", run.job, error.strip().splitlines()[-1])
    return run


def list_job_states(now: datetime) -> list[JobState]:
    """How every job of the schedule stands: two queries."""
    installed_at = _get_installed_at()
    done, failed = (
        Max("started_at", filter=Q(status=status)) for status in (JobRun.Status.DONE, JobRun.Status.FAILED)
    )
    rows = (
        JobRun.objects.order_by().values("job").annotate(latest=Max("started_at"), done=done, failed=failed)
    )
    runs = {row["job"]: (row["latest"], row["done"], row["failed"]) for row in rows}
    return [
        _state_of(job, *runs.get(job.name, (None, None, None)), installed_at=installed_at, now=now)
        for job in list_jobs()
    ]


def _state_of(
    job: Job,
    latest: datetime | None,
    done: datetime | None,
    failed: datetime | None,
    *,
    installed_at: datetime,
    now: datetime,
) -> JobState:
    since = latest or installed_at
    is_due = job.cadence.last_due(now) > since
    missed = job.cadence.last_due(now - job.grace)
    problem = ""
    if latest and latest not in {done, failed} and latest < now - job.longest:
        problem = f"{job.name}: the run of {latest:%Y-%m-%d %H:%M} has not ended."
    elif latest and latest == failed:
        problem = f"{job.name}: the run of {latest:%Y-%m-%d %H:%M} failed."
    elif missed > since:
        problem = f"{job.name}: was due at {missed:%Y-%m-%d %H:%M} and has not been run."
    return JobState(job, latest, problem, is_due)


def _get_installed_at() -> datetime:
    """When this database learned of jobs: before that none was due."""
    found: datetime = MigrationRecorder.Migration.objects.filter(app="core").aggregate(at=Min("applied"))[
        "at"
    ]
    return found
