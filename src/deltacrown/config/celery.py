"""The Celery app, for ``celery --app deltacrown.config.celery worker`` (and ``beat``). It needs Redis.

There is one task per job of the schedule, named ``jobs.`` plus the job's name. A task delivered twice,
or late after another run, does nothing, because the recorded runs show that the job is not due.
"""

from __future__ import annotations

import signal
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import Any

from billiard.pool import SIG_SOFT_TIMEOUT, soft_timeout_sighandler
from celery import Celery
from celery.schedules import crontab
from celery.signals import setup_logging, worker_process_init
from django.conf import settings

from deltacrown.config import serving
from deltacrown.config.starting import read_settings, refuse_start, start_watching
from deltacrown.core.cadence import RETRY_MINUTES, Cadence, Job
from deltacrown.core.garbage import leave_loaded_alone
from deltacrown.core.job_limits import ended_by

#: A run that did not end when it was asked to is ended with its process.
HARD_LIMIT_AFTER = timedelta(minutes=5)

serving.counts_together = True
read_settings()


@setup_logging.connect  # type: ignore[untyped-decorator]
def leave_logging(**_: Any) -> None:
    """Have Celery write its records as the settings say: a receiver here keeps it from its own way."""


@worker_process_init.connect  # type: ignore[untyped-decorator]
def watch_process(**_: Any) -> None:
    """Send spans and errors from each process of a worker: what sends them does not survive a fork.

    All that was loaded before is looked through for garbage no more.
    """
    start_watching()
    leave_loaded_alone()


def make_task(celery: Celery, job: Job) -> None:
    """Register a task that runs ``job`` if it is due."""

    @celery.task(  # type: ignore[untyped-decorator]
        name=f"jobs.{job.name}",
        soft_time_limit=job.longest.total_seconds(),
        time_limit=(job.longest + HARD_LIMIT_AFTER).total_seconds(),
    )
    def run() -> str:
        from deltacrown.core import clock  # noqa: PLC0415 - once the apps are loaded
        from deltacrown.core.jobs import AlreadyRunning, list_job_states, run_job  # noqa: PLC0415

        with ended_softly(job):
            if not any(state.is_due for state in list_job_states(clock.now()) if state.job == job):
                return "not due"
            try:
                return str(run_job(job.name, cause="beat", clock=clock.now))
            except AlreadyRunning as refusal:
                return refusal.message


def ended_softly(job: Job) -> AbstractContextManager[None]:
    """Return a block that Celery's soft limit ends, whatever errors the work in it goes on after.

    Celery's own handler raises an ``Exception``, which code that goes on after any error goes on after. It is
    there in the processes of a worker only, each of which runs one task at a time.
    """
    is_limited = signal.getsignal(SIG_SOFT_TIMEOUT) is soft_timeout_sighandler
    return ended_by(SIG_SOFT_TIMEOUT, job.longest) if is_limited else nullcontext()


def make_retry(celery: Celery) -> None:
    """Register the task that runs every job that is due: those that failed, were killed or were missed.

    And that tells by mail of those that have a problem.
    """

    @celery.task(name="jobs.due")  # type: ignore[untyped-decorator]
    def run() -> list[str]:
        from deltacrown.core import clock  # noqa: PLC0415 - once the apps are loaded
        from deltacrown.core.job_alerts import mail_problems  # noqa: PLC0415
        from deltacrown.core.jobs import list_job_states  # noqa: PLC0415

        names = [state.job.name for state in list_job_states(clock.now()) if state.is_due]
        for name in names:
            celery.send_task(f"jobs.{name}", expires=RETRY_MINUTES * 60)
        mail_problems(now=clock.now())
        return names


def read_cadence(cadence: Cadence) -> Any:
    """Convert a cadence to a Celery crontab schedule."""
    minute, hour, day, month, weekday = cadence.as_cron().split()
    return crontab(minute=minute, hour=hour, day_of_month=day, month_of_year=month, day_of_week=weekday)


if not settings.CELERY_BROKER_URL:
    refuse_start("Celery needs a broker: set REDIS_URL, or run the jobs from cron or systemd timers instead.")

app = Celery("deltacrown")
app.config_from_object("django.conf:settings", namespace="CELERY")
for _job in settings.JOBS:
    make_task(app, _job)
make_retry(app)
app.conf.beat_schedule = {"due": {"task": "jobs.due", "schedule": crontab(minute=f"*/{RETRY_MINUTES}")}} | {
    job.name: {
        "task": f"jobs.{job.name}",
        "schedule": read_cadence(job.cadence),
        "options": {"expires": job.grace.total_seconds()},
    }
    for job in settings.JOBS
}
