"""Run scheduled jobs, one run of a job at a time, record every run, and report failed and missed ones.

A run holds its job by a lease, which a thread of its process renews: one that was killed is found when the
lease has run out. A job that failed is due again soon, and later each time it fails again.
"""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import Error, IntegrityError, connections
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Count, Max, Min, Q
from django.db.models.functions import Coalesce
from django.utils.module_loading import import_string
from structlog.contextvars import bound_contextvars

from deltacrown.core.cadence import Job
from deltacrown.core.errors import Conflict, NotFound
from deltacrown.core.job_limits import ended_after
from deltacrown.core.job_pings import ping
from deltacrown.core.models import JobRun
from deltacrown.core.words import in_english
from django_tally.transactions import atomic_service

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]

#: The error recorded for a run whose process ended without recording a result.
DEAD = "The run never ended: its process was killed, or the machine stopped."

#: A run that has not renewed its lease for so long is dead. It renews it several times in that time.
LEASE = timedelta(minutes=3)
RENEWAL_SECONDS = 30
#: The wait before a job that failed is due again; twice as long after each further failure, to the longest.
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=10), timedelta(hours=6)


class UnknownJob(NotFound):
    """The schedule has no job with this name."""


class AlreadyRunning(Conflict):
    """Another run of the job is in progress."""


@dataclass(frozen=True)
class JobState:
    """The state of a job.

    :param latest: when its latest run started; None when there was none.
    :param problem: a sentence that says what is wrong, or ``""``.
    :param is_due: whether it should run now: it was not done since it was due, is not running, and has waited
        long enough since it failed.
    :param failures: how many runs failed since the latest that was done.
    """

    job: Job
    latest: datetime | None
    problem: str
    is_due: bool
    failures: int = 0


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
    is_limited: bool = False,
) -> JobRun:
    """Run a job now and record the run.

    :param cause: what started it: ``beat``, or the name of a command.
    :param work: does the job instead of its function, with options that a person gave; returns the summary.
    :param is_limited: whether a run that takes longer than its job may is ended, where that is possible.
    :param take_over: consider a run that is recorded as running dead, whatever it says.
    :raises UnknownJob: there is no such job.
    :raises AlreadyRunning: another run is in progress; nothing was done.
    :raises Exception: any error of the job, after it was recorded.
    """
    job = get_job(name)
    run = begin_run(job=job, cause=cause, now=clock(), take_over=take_over)
    with bound_contextvars(job=name, run=run.pk):
        try:
            # A worker is in the language of the site; what a job stores is English.
            limit = ended_after(job.longest) if is_limited else nullcontext()
            with _renewing_lease(run, clock), in_english(), limit:
                summary = work() if work else import_string(job.function)(clock=clock)
        except BaseException as error:  # also when the worker is stopped by a signal
            finish_run(run=run, now=clock(), error=traceback.format_exc(limit=-5))
            logger.error("job %s failed after %.1f s: %s", name, _get_seconds(run), error)
            ping(name, is_done=False)
            raise
        ended = finish_run(run=run, now=clock(), summary=summary)
        logger.info("job %s was done in %.1f s", name, _get_seconds(run))
        ping(name, is_done=True)
    return ended


def _get_seconds(run: JobRun) -> float:
    return (run.finished_at - run.started_at).total_seconds() if run.finished_at else 0.0


@atomic_service
def _fail_dead_runs(*, job: Job, now: datetime, take_over: bool) -> None:
    running = JobRun.objects.filter(job=job.name, status=JobRun.Status.RUNNING)
    heard = running.annotate(heard_at=Coalesce("alive_at", "started_at"))
    dead = running if take_over else heard.filter(heard_at__lt=now - LEASE)
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
    return JobRun.objects.create(job=job.name, cause=cause, started_at=now, alive_at=now)


@contextmanager
def _renewing_lease(run: JobRun, clock: Clock) -> Iterator[None]:
    """Within, a thread with a connection of its own renews the lease of ``run``."""
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(RENEWAL_SECONDS):
            try:
                is_held = renew_lease(run=run, now=clock())
            except Error:  # a database that is away for a while: the next renewal may reach it
                logger.warning("job %s: the lease of run %s was not renewed", run.job, run.pk, exc_info=True)
            else:
                if not is_held:
                    return
            finally:
                connections.close_all()

    threading.Thread(target=renew, name=f"lease of {run.job}", daemon=True).start()
    try:
        yield
    finally:
        ended.set()


@atomic_service
def renew_lease(*, run: JobRun, now: datetime) -> bool:
    """Record that ``run`` is alive; return whether it still holds its job."""
    return bool(JobRun.objects.filter(pk=run.pk, status=JobRun.Status.RUNNING).update(alive_at=now))


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
    return run


def is_running(name: str, now: datetime) -> bool:
    """Return whether a run of the job is in progress, and alive."""
    running = JobRun.objects.filter(job=name, status=JobRun.Status.RUNNING)
    return (
        running.annotate(heard_at=Coalesce("alive_at", "started_at"))
        .filter(heard_at__gte=now - LEASE)
        .exists()
    )


def list_job_states(now: datetime) -> list[JobState]:
    """Return the state of every job of the schedule, in three queries."""
    installed_at = _get_installed_at()
    histories = _list_histories()
    return [
        _build_state(job, histories.get(job.name, _History()), installed_at=installed_at, now=now)
        for job in list_jobs()
    ]


@dataclass
class _History:
    """The times of a job's runs.

    :param latest: when the latest started; ``done`` and ``failed`` when the latest such.
    :param failed_until: when the latest failed one ended.
    :param heard: when the run that is recorded as running was last heard of.
    :param failures: how many failed since the latest that was done.
    """

    latest: datetime | None = None
    done: datetime | None = None
    failed: datetime | None = None
    failed_until: datetime | None = None
    heard: datetime | None = None
    failures: int = 0


def _list_histories() -> dict[str, _History]:
    is_done, is_failed = Q(status=JobRun.Status.DONE), Q(status=JobRun.Status.FAILED)
    is_running = Q(status=JobRun.Status.RUNNING)
    by_job = JobRun.objects.order_by().values("job")
    times = by_job.annotate(
        latest=Max("started_at"),
        done=Max("started_at", filter=is_done),
        failed=Max("started_at", filter=is_failed),
        failed_until=Max("finished_at", filter=is_failed),
        heard=Max(Coalesce("alive_at", "started_at"), filter=is_running),
    )
    histories = {
        row["job"]: _History(row["latest"], row["done"], row["failed"], row["failed_until"], row["heard"])
        for row in times
    }

    since = Q()
    for name, history in histories.items():
        since |= Q(job=name, started_at__gt=history.done) if history.done else Q(job=name)
    failures = by_job.filter(is_failed, since).annotate(failures=Count("pk"))
    for row in failures:
        histories[row["job"]].failures = row["failures"]
    return histories


def _build_state(job: Job, history: _History, *, installed_at: datetime, now: datetime) -> JobState:
    since = history.done or installed_at
    due_at, missed_at = job.cadence.last_due(now), job.cadence.last_due(now - job.grace)
    is_running = history.heard is not None and history.heard >= now - LEASE
    is_due = due_at > since and not is_running and now >= _get_retry_time(history, due_at)

    problem = ""
    if history.heard and not is_running:
        problem = (
            f"{_name_run(job, history)} was killed: nothing was heard of it since {_write(history.heard)}."
        )
    elif history.latest and is_running and history.latest < now - job.longest:
        problem = f"{_name_run(job, history)} has not ended."
    elif history.latest and history.latest == history.failed:
        problem = f"{_name_run(job, history)} failed."
    elif missed_at > since and not is_running:
        problem = f"{job.name}: was due at {_write(missed_at)} and has not been run."
    return JobState(job, history.latest, problem, is_due, history.failures)


def _get_retry_time(history: _History, due_at: datetime) -> datetime:
    """Return from when on a job that was due at ``due_at`` is to run, after the failures since."""
    if history.failed is None or history.failed_until is None or history.failed < due_at:
        return due_at
    doublings = min(max(history.failures - 1, 0), 10)
    return history.failed_until + min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def _name_run(job: Job, history: _History) -> str:
    return f"{job.name}: the run of {_write(history.latest)}" if history.latest else job.name


def _write(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M}"


def _get_installed_at() -> datetime:
    """Return when the table of runs was created in this database; before that no job was due."""
    migrations = MigrationRecorder.Migration.objects.filter(app="core")
    installed_at: datetime = migrations.aggregate(at=Min("applied"))["at"]
    return installed_at
