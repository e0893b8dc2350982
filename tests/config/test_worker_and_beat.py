"""A real worker and a real beat, on a real Redis: what was due is done once, and nothing twice."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings as configured

from tests.pristine import another_database
from tests.warm import Warm

#: Redis and the clock are what it is about. Jobs have tests of their own on both databases.
pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parents[2]
PYTHON = """
import sys
from datetime import datetime, UTC

import django

django.setup()

from celery.beat import PersistentScheduler
from deltacrown.config.celery import app
from django.db.migrations.recorder import MigrationRecorder

# The database has been there for years, and beat was last seen in 2020: everything is due.
MigrationRecorder.Migration.objects.update(applied=datetime(2020, 1, 1, tzinfo=UTC))
scheduler = PersistentScheduler(app, schedule_filename=sys.argv[1])
for entry in scheduler.schedule.values():
    entry.last_run_at = datetime(2020, 1, 1, tzinfo=UTC)
scheduler.close()
"""


class Site:
    """A database, a Redis and the environment that says so."""

    def __init__(self, directory, database_url, redis_url="", broker_url=""):
        inherited = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
        self.directory = directory
        self.environment = inherited | {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "CELERY_BROKER_URL": broker_url,
        }
        self.environment |= {
            "DJANGO_SETTINGS_MODULE": "deltacrown.config.settings",
            "PYTHONPATH": str(ROOT / "src"),
            "LOG_LEVEL": "INFO",
        }
        self.processes, self.warm = [], None

    def call(self, *args):
        return subprocess.run(
            [sys.executable, *args],
            check=False,
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
        )

    def states(self):
        done = self.call_warm("-m", "deltacrown", "check_jobs", "--json")
        assert done.returncode in (0, 1), done.stderr
        return json.loads(done.stdout)

    def list_done(self):
        """Return the jobs that have run, out of the file: a command each time would take their time."""
        path = self.environment["DATABASE_URL"].removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, timeout=300)) as file:
            return {job for (job,) in file.execute("SELECT job FROM core_jobrun WHERE status = 'DONE'")}

    def call_warm(self, *args):
        """Call what is asked for again and again, with the imports done."""
        self.warm = self.warm or Warm(self.environment)
        return self.warm.run(*args)

    def start(self, *args):
        command = [sys.executable, "-m", "deltacrown", *args]
        with (self.directory / f"{args[0]}.log").open("w") as log:
            process = subprocess.Popen(
                command, cwd=self.directory, env=self.environment, stdout=log, stderr=log
            )
        self.processes.append(process)
        return process

    def logs(self):
        return "".join(
            f"--- {path.name}\n{path.read_text(errors='replace')[-3000:]}"
            for path in self.directory.glob("*.log")
        )

    def wait_until(self, condition, seconds=300):
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.logs()
            time.sleep(0.2)

    def stop(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(300)
        if self.warm:
            self.warm.close()


@pytest.fixture
def site(redis_server, tmp_path, django_db_setup):
    with another_database(tmp_path) as database:
        site = Site(tmp_path, database, redis_server.url, f"redis+socket://{redis_server.socket}")
        yield site
        site.stop()


def test_a_beat_that_was_away_catches_up_and_a_worker_does_everything_once(site):
    names = {job.name for job in configured.JOBS}
    prepared = site.call("-c", PYTHON, str(site.directory / "beat"))
    assert prepared.returncode == 0, prepared.stderr
    assert {state["job"] for state in site.states() if state["problem"]} == names

    began = datetime.now(UTC)
    site.start("worker", "--concurrency", "2")
    site.start("beat", "--schedule", str(site.directory / "beat"))
    site.wait_until(lambda: names <= site.list_done())
    site.wait_until(lambda: not any(state["problem"] or state["is_due"] for state in site.states()))
    # Jobs of every few minutes may be due again by the time that the others are looked at.
    rare = {job.name: job.cadence for job in configured.JOBS if job.cadence.hour is not None}
    first = {state["job"]: state["latest"] for state in site.states() if state["job"] in rare}

    for name in rare:  # the broker hands a task out again, or somebody sends one by hand
        sent = site.call_warm("-m", "celery", "--app", "deltacrown.config.celery", "call", f"jobs.{name}")
        assert sent.returncode == 0, sent.stderr
    site.wait_until(
        lambda: (site.directory / "worker.log").read_text(errors="replace").count("'not due'") >= len(rare)
    )
    again = {state["job"]: state["latest"] for state in site.states() if state["job"] in rare}
    # So may a job of every day, if this happens to run at its minute.
    ended = datetime.now(UTC)
    once = {name for name, cadence in rare.items() if cadence.last_due(ended) < began}
    assert once
    assert {name: again[name] for name in once} == {name: first[name] for name in once}


def test_without_a_broker_celery_says_what_to_set(tmp_path):
    site = Site(tmp_path, "sqlite:///:memory:")
    done = site.call("-c", "import deltacrown.config.celery")

    assert done.returncode == 2
    assert "Not started: Celery needs a broker: set REDIS_URL, or run the jobs from cron" in done.stderr
