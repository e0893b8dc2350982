"""A task of a worker that takes longer than its job may: recorded, told by mail, and counted in the metrics.

It is asked to end by the signal that Celery sends to the process of a task, and by the handler that Celery
has there. That the worker sends it after so long is Celery's.
"""

from __future__ import annotations

import importlib
import re
import signal
import sys
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from billiard.pool import SIG_SOFT_TIMEOUT, soft_timeout_sighandler

from deltacrown.config import serving
from deltacrown.core import jobs
from deltacrown.core.cadence import Cadence
from deltacrown.core.job_limits import TookTooLong
from deltacrown.core.metrics import families
from deltacrown.core.metrics.exposition import write_exposition
from deltacrown.core.models import JobRun
from tests.core.test_jobs import NOON, runs, schedule

pytestmark = pytest.mark.django_db
__all__ = ["schedule"]
MODULE = "deltacrown.config.celery"


def take_too_long(*, clock):
    """Work until the process is told that the time is over, and go on after any error."""
    try:
        signal.raise_signal(SIG_SOFT_TIMEOUT)
    except Exception:  # noqa: BLE001 - as some of our work has it, and of others'
        threading.Event().wait(300)


@pytest.fixture
def worker(schedule, settings, monkeypatch):
    """The app of a worker with one job, which is due and takes too long; the signal is handled as there."""
    job = replace(jobs.get_job("works"), function=f"{__name__}.take_too_long", longest=timedelta(minutes=7))
    settings.JOBS = (replace(job, cadence=Cadence(hour=11, minute=55)),)
    settings.CELERY_BROKER_URL = "memory://"
    settings.ALERT_ADDRESSES = ["ann@example.org"]
    monkeypatch.setattr(serving, "counts_together", serving.counts_together)
    before = signal.signal(SIG_SOFT_TIMEOUT, soft_timeout_sighandler)
    celery = importlib.import_module(MODULE)
    yield celery.app
    signal.signal(SIG_SOFT_TIMEOUT, before)
    celery.app.close()
    del sys.modules[MODULE]


def read(name):
    told = write_exposition(now=NOON).decode()
    return [float(value) for value in re.findall(rf'^{name}{{job="works"}} (\S+)$', told, re.MULTILINE)]


def test_a_task_past_its_limit_is_recorded_told_and_counted(worker, mailoutbox):
    families.forget_counts()
    task = worker.tasks["jobs.works"]
    assert (task.soft_time_limit, task.time_limit) == (7 * 60, 12 * 60)
    yesterday = NOON.replace(day=1)
    JobRun.objects.create(job="works", status="DONE", started_at=yesterday, finished_at=yesterday)
    assert (read("deltacrown_job_failures"), read("deltacrown_job_problem")) == ([0], [0])

    with pytest.raises(TookTooLong, match="The run took longer than 0:07:00"):
        task()
    assert signal.getsignal(SIG_SOFT_TIMEOUT) is soft_timeout_sighandler

    assert runs("works") == ["DONE", "FAILED"]
    ended = JobRun.objects.get(status="FAILED")
    assert (ended.cause, ended.finished_at) == ("beat", NOON)
    assert "TimeIsOver: The run took longer than 0:07:00" in ended.error
    assert "take_too_long" in ended.error
    assert (read("deltacrown_job_failures"), read("deltacrown_job_problem")) == ([1], [1])

    # The task of every ten minutes tells it, once, and starts no other run at once.
    assert [worker.tasks["jobs.due"]() for _ in range(2)] == [[], []]
    [mail] = mailoutbox
    assert (mail.subject, mail.to) == ("[DeltaCrown] works has a problem", ["ann@example.org"])
    assert "works: the run of 2025-06-02 12:00 failed." in mail.body
