"""Run scheduled jobs, one run of a job at a time, record every run, and report failed and missed ones."""

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

#: The error recorded for a run whose process ended without recording a result.
DEAD = "The run never ended: its process was killed, or the machine stopped."


class UnknownJob(NotFound):
    """The schedule has no job with this name."""


class AlreadyRunning(Conflict):
    """Another run of the job is in progress."""


@dataclass(frozen=True)
class JobState:
    """The state of a job.

    :param latest: when its latest run started; None when there was none.
    :param problem: a sentence that says what is wrong, or ``""``.
    :param is_due: whether it should have started by now and has not.
    """

    job: Job
    latest: datetime | None
    problem: str
    is_due: bool


def list_jobs() -> tuple[Job, ...]:
    """Return the jobs of the schedule, in the order of the settings."""
    jobs: tuple[Job, ...] = settings.JOBS
    return jobs


def get_job(name: str) -> Job:
    """Return the job with this name.

    :raises UnknownJob: there is none.
    """
    for job in list_jobs():
        if job.name == name:
            return job
    raise UnknownJob(
        f"There is no job {name!r}: use {', '.join(job.name for job in list_jobs())}.", field="job"
    )


def run_job(
    name: str,
    *,
    cause: str,
    clock: Clock,
    take_over: bool = False,
    work: Callable[[], dict[str, object]] | None = None,
) -> JobRun:
    """Run a job now and record the run.

    :param cause: what started it: ``beat``, or the name of a command.
    :param work: does the job instead of its function, with options that a person gave; returns the summary.
    :param take_over: consider a run that is recorded as running dead, however young it is.
    :raises UnknownJob: there is no such job.
    :raises AlreadyRunning: another run is in progress; nothing was done.
    :raises Exception: any error of the job, after it was recorded.
    """
    job = get_job(name)
    run = begin_run(job=job, cause=cause, now=clock(), take_over=take_over)
    try:
        summary = work() if work else import_string(job.function)(clock=clock)
    except BaseException:  # also when the worker is stopped by a signal
        finish_run(run=run, now=clock(), error=traceback.format_exc(limit=-5))
        raise
    return finish_run(run=run, now=clock(), summary=summary)


@atomic_service
def _fail_dead_runs(*, job: Job, now: datetime, take_over: bool) -> None:
    running = JobRun.objects.filter(job=job.name, status=JobRun.Status.RUNNING)
    dead = running if take_over else running.filter(started_at__lt=now - job.longest)
    if dead.update(status=JobRun.Status.FAILED, finished_at=now, error=DEAD):
        logger.error("job %s: an earlier run never ended; it is recorded as failed", job.name)


def begin_run(*, job: Job, cause: str, now: datetime, take_over: bool = False) -> JobRun:
    """Record that a run of ``job`` started at ``now``.

    :raises AlreadyRunning: another run is recorded as running and may be alive.
    """
    _fail_dead_runs(job=job, now=now, take_over=take_over)
    try:
        return _insert_run(job=job, cause=cause, now=now)
    except IntegrityError:
        raise AlreadyRunning(f"{job.name} is already running; nothing was done.") from None


@atomic_service
def _insert_run(*, job: Job, cause: str, now: datetime) -> JobRun:
    return JobRun.objects.create(job=job.name, cause=cause, started_at=now)


@atomic_service
def finish_run(
    *, run: JobRun, now: datetime, summary: dict[str, object] | None = None, error: str = ""
) -> JobRun:
    """Record the end of a run, unless it was considered dead meanwhile."""
    run.status = JobRun.Status.FAILED if error else JobRun.Status.DONE
    run.finished_at = now
    run.summary, run.error = summary or {}, error

    ended = {"status": run.status, "finished_at": now, "summary": run.summary, "error": error}
    if not JobRun.objects.filter(pk=run.pk, status=JobRun.Status.RUNNING).update(**ended):
        logger.warning("job %s: run %s was considered dead before it ended", run.job, run.pk)
    if error:
        logger.error("job %s failed: %s", run.job, error.strip().splitlines()[-1])
    return run


def list_job_states(now: datetime) -> list[JobState]:
    """Return the state of every job of the schedule, in two queries."""
    installed_at = _get_installed_at()

    done = Max("started_at", filter=Q(status=JobRun.Status.DONE))
    failed = Max("started_at", filter=Q(status=JobRun.Status.FAILED))
    runs_by_job = JobRun.objects.order_by().values("job")
    rows = runs_by_job.annotate(latest=Max("started_at"), done=done, failed=failed)
    runs = {row["job"]: (row["latest"], row["done"], row["failed"]) for row in rows}

    return [
        _build_state(job, *runs.get(job.name, (None, None, None)), installed_at=installed_at, now=now)
        for job in list_jobs()
    ]


def _build_state(
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
    """Return when the table of runs was created in this database; before that no job was due."""
    migrations = MigrationRecorder.Migration.objects.filter(app="core")
    installed_at: datetime = migrations.aggregate(at=Min("applied"))["at"]
    return installed_at
