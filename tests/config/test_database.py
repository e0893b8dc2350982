"""What a server, a command and a worker may use of the database, and for how long they wait."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from contextlib import closing

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection  # noqa: F401 - named in a skip condition
from psycopg_pool import ConnectionPool

from deltacrown.config import bounded_connection
from deltacrown.config.bounded_connection import bounded_by
from deltacrown.config.database import DatabaseLimits
from tests.databases import SERVER
from tests.docs.pages import ROOT

LIMITS = {"pool_size": 2, "pool_wait": 1, "connect": 5, "statement": 10, "lock": 5, "idle_in_transaction": 30}
POSTGRESQL = {"DATABASE_URL": "postgres://u:p@127.0.0.1:1/x"}
SHOW = """
import json
{entry}
from django.conf import settings
database = settings.DATABASES["default"]
options = dict(database["OPTIONS"])
pool = options.pop("pool", None)
pool and pool.pop("connection_class")
print(json.dumps([database["NAME"], options, pool, database.get("CONN_MAX_AGE"), settings.DATABASE_RESTS]))
"""
CONNECT = "from django.db import connection; connection.ensure_connection()"
ENTRIES = {
    "server": "import deltacrown.config.wsgi",
    "command": "import django; django.setup()",
    "worker": "import os; os.environ['REDIS_URL'] = 'redis://127.0.0.1:1/0'; import deltacrown.config.celery",
}


def run_python(text, **environment):
    inherited = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    inherited |= {"DJANGO_SETTINGS_MODULE": "deltacrown.config.settings", "PYTHONPATH": str(ROOT / "src")}
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", text],
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def read_settings(kind, **environment):
    done = run_python(SHOW.format(entry=ENTRIES[kind]), **environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.once
class TestEntries:
    def test_a_server_on_postgresql_has_a_bounded_pool_and_rests(self):
        _, options, pool, age, rests = read_settings("server", **POSTGRESQL, DATABASE_POOL_SIZE="5")

        assert options == {"connect_timeout": 5}
        assert pool == {"min_size": 1, "max_size": 5, "timeout": 5, "reconnect_timeout": 5}
        assert (age, rests) == (0, True)

    @pytest.mark.parametrize("kind", ["command", "worker"])
    def test_anything_else_has_one_connection_and_no_limit_but_on_connecting(self, kind):
        _, options, pool, _, rests = read_settings(kind, **POSTGRESQL)

        assert options == {"connect_timeout": 5}
        assert (pool, rests) == (None, False)

    def test_a_server_never_makes_a_sqlite_file(self, tmp_path):
        entry = (
            "import deltacrown.config.wsgi; from django.db import connection; connection.ensure_connection()"
        )

        done = run_python(entry, DATABASE_URL=f"sqlite:///{tmp_path}/none.sqlite3")
        name, *_ = read_settings("server", DATABASE_URL=f"sqlite:///{tmp_path}/x y.sqlite3")

        assert "unable to open database file" in done.stderr
        assert list(tmp_path.iterdir()) == []
        assert name == f"file://{tmp_path}/x%20y.sqlite3?mode=rw"

    def test_a_command_makes_it(self, tmp_path):
        entry = (
            "import django; django.setup(); from django.db import connection; connection.ensure_connection()"
        )

        assert run_python(entry, DATABASE_URL=f"sqlite:///{tmp_path}/new.sqlite3").returncode == 0
        assert (tmp_path / "new.sqlite3").exists()

    @pytest.mark.parametrize(
        ("limit", "variable"), [("pool_size", "DATABASE_POOL_SIZE"), ("lock", "DATABASE_LOCK_SECONDS")]
    )
    def test_a_limit_that_cannot_be_is_refused_with_its_variable(self, limit, variable):
        with pytest.raises(ImproperlyConfigured, match=rf"{variable} is -1"):
            DatabaseLimits(**{**LIMITS, limit: -1})


def limited(**limits):
    return bounded_by(DatabaseLimits(**{**LIMITS, **limits}))


def test_a_server_that_accepts_and_never_answers_is_given_up():
    """Frozen: the system takes the connection, nobody reads from it. Nothing of PostgreSQL is needed."""
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        address = {"host": "127.0.0.1", "port": silent.getsockname()[1], "connect_timeout": 2}
        with pytest.raises(psycopg.OperationalError):
            limited().connect(**address, dbname="x", user="x")


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no server")
class TestBoundedConnection:
    def connect(self, **limits):
        return limited(**limits).connect(os.environ[SERVER], autocommit=True)

    def test_the_server_is_told_the_limits(self, db):
        with self.connect() as connected:
            names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
            shown = [connected.execute(f"SHOW {name}").fetchone()[0] for name in names]

        assert shown == ["10s", "5s", "30s"]

    def test_no_limit_is_no_limit(self, db):
        with self.connect(statement=0, lock=0, idle_in_transaction=0) as connected:
            assert connected.execute("SHOW statement_timeout").fetchone()[0] == "0"

    def test_a_statement_that_takes_too_long_is_cancelled_and_the_connection_goes_on(self, db):
        with self.connect(statement=1) as connected:
            with pytest.raises(psycopg.errors.QueryCanceled):
                connected.execute("SELECT pg_sleep(300)")
            assert connected.execute("SELECT 1").fetchone() == (1,)

    def test_a_server_that_does_not_cancel_is_left(self, db):
        """As a frozen one does not: the limit in the server is taken away."""
        with self.connect(statement=1) as connected:
            connected.execute("SET statement_timeout = 0")

            with pytest.raises(psycopg.errors.ConnectionTimeout, match="did not answer within 3 seconds"):
                connected.execute("SELECT pg_sleep(300)")
            assert connected.closed

    def count_asked(self, connected, call):
        """Return how many statements a call sends over a connection."""
        sent, wait = [], connected.wait
        connected.wait = lambda *args, **kwargs: sent.append(args) or wait(*args, **kwargs)
        try:
            call()
        finally:
            del connected.wait
        return len(sent)

    def test_a_connection_that_answered_a_moment_ago_is_not_asked_whether_it_lives(self, db, monkeypatch):
        with self.connect() as connected:
            monkeypatch.setattr(bounded_connection, "FRESH_SECONDS", 300.0)
            connected.execute("SELECT 1")
            check = lambda: ConnectionPool.check_connection(connected)  # noqa: E731 - said twice
            assert self.count_asked(connected, check) == 0

            monkeypatch.setattr(bounded_connection, "FRESH_SECONDS", 0.0)
            assert self.count_asked(connected, check) == 1

    @pytest.mark.parametrize("moment", ["at once", "later"])
    def test_a_connection_that_the_server_ended_is_not_handed_out(self, db, monkeypatch, moment):
        seconds = {"at once": 300.0, "later": 0.0}[moment]
        monkeypatch.setattr(bounded_connection, "FRESH_SECONDS", seconds)
        with ConnectionPool(
            os.environ[SERVER],
            kwargs={"autocommit": True},
            connection_class=limited(),
            min_size=1,
            max_size=1,
            check=ConnectionPool.check_connection,
            open=True,
        ) as pool:
            with pool.connection(timeout=60) as first:
                ended = first.info.backend_pid
                first.execute("SELECT 1")
            with psycopg.connect(os.environ[SERVER], autocommit=True) as other:
                assert other.execute("SELECT pg_terminate_backend(%s, 60000)", [ended]).fetchone() == (True,)
            with pool.connection(timeout=60) as second:
                assert second.execute("SELECT 1").fetchone() == (1,)
                assert second.info.backend_pid != ended

    def test_a_transaction_that_was_left_open_is_no_sign_of_life(self, db):
        with self.connect() as connected:
            connected.execute("BEGIN")
            assert self.count_asked(connected, lambda: connected.execute("")) == 1
            connected.execute("ROLLBACK")

    def test_a_pool_waits_for_a_connection_and_gives_up(self, db):
        pool = ConnectionPool(
            os.environ[SERVER], connection_class=limited(), min_size=1, max_size=2, timeout=0.2, open=True
        )
        taken = [pool.getconn(timeout=60) for _ in range(2)]

        with pytest.raises(psycopg.OperationalError):
            pool.getconn()
        for each in taken:
            pool.putconn(each)
        assert pool.connection(timeout=60).__enter__().execute("SELECT 1").fetchone() == (1,)
        pool.close()
