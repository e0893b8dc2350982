"""The readiness check: it answers in time, and says what the database cannot do."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from deltacrown.core import outages, readiness
from deltacrown.core.readiness import NotReady, check_database, read_when_ready
from tests.pristine import another_database

PATIENCE = 300


def find_refusal():
    """What the check says, in a transaction of the test or in a thread of its own."""
    try:
        read_when_ready(lambda: "read")
    except NotReady as refusal:
        return refusal.outage
    return None


@pytest.mark.django_db
class TestInATransaction:
    def test_a_sound_database_is_ready_and_its_limits_are_taken_back(self):
        assert read_when_ready(lambda: "read") == "read"

        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SHOW statement_timeout")
                assert cursor.fetchone() == ("0",)

    def test_a_migration_without_a_record_is_missing(self):
        MigrationRecorder.Migration.objects.filter(app="games", name__startswith="0001").delete()

        assert readiness.find_missing_migrations()[0].startswith("games.0001")
        assert find_refusal() is outages.UNMIGRATED

    def test_a_table_that_is_gone_is_noticed(self):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE core_jobrun RENAME TO gone")

        assert find_refusal() is outages.UNMIGRATED

    def test_a_server_that_rests_is_not_ready(self, monkeypatch):
        monkeypatch.setattr(outages._Rest, "outage", outages.AWAY)

        assert find_refusal() is outages.AWAY


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one lock")
class TestOnPostgresql:
    @pytest.fixture(autouse=True)
    def _patience(self, monkeypatch):
        """What the database says is waited for, however busy the machine is."""
        monkeypatch.setattr(readiness, "LIMIT_SECONDS", PATIENCE)

    def test_a_locked_table_is_noticed(self):
        with psycopg.connect(_uri()) as other:
            other.execute("LOCK TABLE games_match IN ACCESS EXCLUSIVE MODE")
            assert find_refusal() is outages.LOCKED

        assert find_refusal() is None

    def test_a_read_only_database_is_noticed(self, monkeypatch):
        def check():
            with connection.cursor() as cursor:
                cursor.execute("SET default_transaction_read_only = on")
            check_database()

        with pytest.raises(NotReady) as refusal:
            readiness._run_within_limit(check)
        assert refusal.value.outage is outages.READ_ONLY


def _uri():
    return psycopg.conninfo.make_conninfo(os.environ["DELTACROWN_TEST_POSTGRESQL"], dbname=_name())


def _name():
    return connection.settings_dict["NAME"]


@pytest.mark.once
class TestOnSqlite:
    @pytest.fixture
    def site(self, tmp_path, django_db_setup, monkeypatch):
        """``site(text)``: what a process with a database of its own prints."""
        import subprocess
        import sys

        with another_database(tmp_path) as url:
            environment = {**os.environ, "DATABASE_URL": url}

            def run(text):
                text = f"import django; django.setup()\n{text}"
                done = subprocess.run(
                    [sys.executable, "-W", "ignore", "-c", text],
                    env={**environment, "PYTHONPATH": "src", "DJANGO_SETTINGS_MODULE": SETTINGS},
                    capture_output=True,
                    text=True,
                    check=False,
                    timeout=300,
                )
                assert done.returncode == 0, done.stderr
                return done.stdout.strip()

            run.path = Path(url.removeprefix("sqlite:///"))
            yield run

    def test_a_sound_file_is_ready(self, site):
        assert site(CHECK) == "ready"

    def test_another_writer_is_no_fault(self, site):
        assert site(CHECK) == "ready"  # from now on, the file has a log of its own for writers
        with closing(sqlite3.connect(site.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert site(CHECK) == "ready"

    def test_a_file_locked_whole_is_noticed(self, site):
        """By its limit, where connecting waits longer for the lock than the check."""
        with closing(sqlite3.connect(site.path, isolation_level=None)) as other:
            other.execute("PRAGMA journal_mode = DELETE")
            other.execute("BEGIN EXCLUSIVE")
            assert site(WITHIN_LIMIT) in {outages.LOCKED.reason, outages.AWAY.reason}

    def test_an_empty_file_is_not_migrated(self, site):
        site.path.unlink()
        assert site(CHECK) == outages.UNMIGRATED.reason

    def test_a_full_disk_is_noticed(self, site):
        full = "from deltacrown.core import readiness; readiness.LEAST_FREE_BYTES = 1 << 60\n"
        assert site(full + CHECK) == outages.FULL.reason

    def test_a_file_that_cannot_be_written_is_noticed(self, site):
        read_only = """
from django.db import connection
connection.settings_dict["NAME"] = f"file:{connection.settings_dict['NAME']}?mode=ro"
connection.settings_dict["OPTIONS"]["init_command"] = ""
"""
        assert site(read_only + CHECK) == outages.READ_ONLY.reason


SETTINGS = "deltacrown.config.settings"
WITHIN_LIMIT = """
from deltacrown.core.readiness import NotReady, read_when_ready
try:
    read_when_ready(bool)
except NotReady as refusal:
    print(refusal.outage.reason)
else:
    print("ready")
"""
#: A new process reads every migration first, for which a busy machine may need longer than the limit.
CHECK = f"from deltacrown.core import readiness; readiness.LIMIT_SECONDS = {PATIENCE}\n{WITHIN_LIMIT}"


@pytest.mark.once
class TestTheLimit:
    def test_a_check_that_hangs_is_no_answer_and_is_not_started_twice(self, monkeypatch):
        monkeypatch.setattr(readiness, "LIMIT_SECONDS", 0.05)
        monkeypatch.setattr(readiness._Latest, "attempt", None)
        release, hangs, started = threading.Event(), threading.Event(), []

        def hang():
            started.append(1)
            hangs.set()
            release.wait(300)

        for _ in range(3):
            with pytest.raises(NotReady) as refusal:
                readiness._run_within_limit(hang)
            assert refusal.value.outage is outages.AWAY
        assert hangs.wait(300)  # a busy machine may take longer to begin than is waited for
        release.set()

        assert started == [1]

    def test_an_error_of_the_thread_is_raised(self, monkeypatch):
        monkeypatch.setattr(readiness, "LIMIT_SECONDS", 300)
        monkeypatch.setattr(readiness._Latest, "attempt", None)

        with pytest.raises(ZeroDivisionError):
            readiness._run_within_limit(lambda: 1 / 0)

    def test_the_answer_comes_within_two_seconds(self):
        assert readiness.LIMIT_SECONDS + 0.3 < 2
