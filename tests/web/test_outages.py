"""A database that cannot serve: 503 with ``Retry-After``, as a page and as a problem document, never 500."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest
from django.db import InterfaceError, InternalError, OperationalError, ProgrammingError, connection
from psycopg import errors
from psycopg_pool import PoolTimeout

from deltacrown.core import outages
from tests import scene
from tests.api.calls import Api, problem_of

#: The errors are made by hand: what a database does is in tests/chaos/faults.py.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


def of_sqlite(code, message="x"):
    error = sqlite3.OperationalError(message)
    error.sqlite_errorcode = code
    return error


#: What the adapters raise, in the class of Django's that it comes in, and what is said of it.
OUTAGES = {
    "connection refused": (OperationalError, psycopg.OperationalError("refused"), outages.AWAY),
    "no answer": (OperationalError, errors.ConnectionTimeout("no answer"), outages.AWAY),
    "connection closed": (InterfaceError, psycopg.InterfaceError("closed"), outages.AWAY),
    "server stopped": (OperationalError, errors.AdminShutdown("x"), outages.AWAY),
    "server crashed": (OperationalError, errors.CrashShutdown("x"), outages.AWAY),
    "server starting": (OperationalError, errors.CannotConnectNow("x"), outages.AWAY),
    "connection lost": (OperationalError, errors.ConnectionFailure("x"), outages.AWAY),
    "too many connections": (OperationalError, errors.TooManyConnections("x"), outages.CROWDED),
    "pool exhausted": (OperationalError, PoolTimeout("x"), outages.BUSY),
    "statement timeout": (OperationalError, errors.QueryCanceled("x"), outages.SLOW),
    "idle in transaction": (InternalError, errors.IdleInTransactionSessionTimeout("x"), outages.SLOW),
    "lock timeout": (OperationalError, errors.LockNotAvailable("x"), outages.LOCKED),
    "deadlock, again": (OperationalError, errors.DeadlockDetected("x"), outages.LOCKED),
    "read only": (InternalError, errors.ReadOnlySqlTransaction("x"), outages.READ_ONLY),
    "disk full": (OperationalError, errors.DiskFull("x"), outages.FULL),
    "out of memory": (OperationalError, errors.OutOfMemory("x"), outages.FULL),
    "disk fails": (OperationalError, errors.IoError("x"), outages.FULL),
    "no table": (ProgrammingError, errors.UndefinedTable("x"), outages.UNMIGRATED),
    "no column": (ProgrammingError, errors.UndefinedColumn("x"), outages.UNMIGRATED),
    "sqlite locked": (OperationalError, of_sqlite(sqlite3.SQLITE_BUSY), outages.LOCKED),
    "sqlite table locked": (OperationalError, of_sqlite(sqlite3.SQLITE_LOCKED_SHAREDCACHE), outages.LOCKED),
    "sqlite full": (OperationalError, of_sqlite(sqlite3.SQLITE_FULL), outages.FULL),
    "sqlite disk fails": (OperationalError, of_sqlite(sqlite3.SQLITE_IOERR_WRITE), outages.FULL),
    "sqlite read only": (OperationalError, of_sqlite(sqlite3.SQLITE_READONLY), outages.READ_ONLY),
    "sqlite file gone": (OperationalError, of_sqlite(sqlite3.SQLITE_CANTOPEN), outages.AWAY),
    "sqlite empty file": (
        OperationalError,
        of_sqlite(sqlite3.SQLITE_ERROR, "no such table: a"),
        outages.UNMIGRATED,
    ),
}
#: Errors of ours: they stay 500.
MISTAKES = {
    "syntax": (ProgrammingError, errors.SyntaxError("x")),
    "division": (OperationalError, errors.DivisionByZero("x")),
    "sqlite syntax": (OperationalError, of_sqlite(sqlite3.SQLITE_ERROR, 'near "x": syntax error')),
    "no database's": (ValueError, KeyError("x")),
}


def build(wrapper, cause):
    error = wrapper(str(cause))
    error.__cause__ = cause
    return error


@pytest.fixture
def fail_with(monkeypatch, client):
    """``fail_with(error)``: every statement of the database raises it."""
    client.raise_request_exception = False

    def begin(error):
        def refuse(*args, **kwargs):
            raise error

        monkeypatch.setattr(connection, "cursor", refuse)
        monkeypatch.setattr(connection, "chunked_cursor", refuse)

    return begin


@pytest.mark.parametrize("name", OUTAGES)
def test_an_outage_is_503_as_a_page_and_as_a_problem(client, fail_with, name):
    wrapper, cause, outage = OUTAGES[name]
    fail_with(build(wrapper, cause))

    page = client.get("/leaderboards/matches_won/")
    problem = client.get("/api/v1/leaderboards/matches_won")

    assert (page.status_code, page["Retry-After"]) == (503, str(outage.retry_after))
    assert outage.reason in page.content.decode()
    assert page["Cache-Control"] == "no-store"
    assert problem_of(problem) == (503, "unavailable")
    assert problem["Retry-After"] == str(outage.retry_after)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_of_ours_stays_500(client, fail_with, name):
    fail_with(build(*MISTAKES[name]))

    assert client.get("/leaderboards/matches_won/").status_code == 500
    assert client.get("/api/v1/leaderboards/matches_won").status_code == 500


def lost():
    return build(OperationalError, psycopg.OperationalError("server closed the connection"))


@pytest.mark.parametrize("path", ["/players/DC-25-000001/", "/none/", "/admin/", "/sign-in/", "/feed/"])
def test_pages_with_a_session_are_503_wherever_the_error_comes_from(client, fail_with, path):
    """The view, the session, the page of a 404 that greets who is signed in, the admin."""
    client.force_login(scene.player("ann"))
    fail_with(lost())

    assert client.get(path).status_code == 503


def test_an_error_while_a_session_is_saved_is_503(client, monkeypatch):
    scene.player("ann").set_password("x")
    client.raise_request_exception = False

    def refuse(*args, **kwargs):
        raise lost()

    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.save", refuse)
    user = scene.player("bea")
    user.set_password("secret")
    user.save()

    answer = client.post("/sign-in/", {"username": "bea", "password": "secret"})

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")


def test_a_key_that_cannot_be_looked_up_is_503(client, fail_with):
    fail_with(lost())
    api = Api(client, {"Authorization": "Bearer dck_x_y"})

    assert problem_of(api.get("/me")) == (503, "unavailable")


@pytest.fixture
def rested(monkeypatch):
    """A server that rests, whose database is asked by no thread."""
    monkeypatch.setattr(outages._Rest, "outage", None)
    started = []

    class Thread:
        def __init__(self, *, target, **options):
            self.target = target

        def start(self):
            started.append(self.target)

    monkeypatch.setattr(outages.threading, "Thread", Thread)
    return started


def test_a_database_that_is_away_is_asked_once_and_then_in_the_background(
    client, fail_with, settings, rested, monkeypatch
):
    settings.DATABASE_RESTS = True
    client.raise_request_exception = False
    asked = []

    def refuse(*args, **kwargs):
        asked.append(1)
        raise lost()

    with monkeypatch.context() as broken:
        broken.setattr(connection, "cursor", refuse)
        first = [client.get("/leaderboards/matches_won/").status_code for _ in range(5)]
        api = client.get("/api/v1/leaderboards")
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").json()["database"] == outages.AWAY.reason

    assert first == [503] * 5
    assert problem_of(api) == (503, "unavailable")
    assert len(asked) == 1
    assert len(rested) == 1

    monkeypatch.setattr(outages, "_answers", lambda: True)
    rested[0]()  # what the thread does

    assert client.get("/leaderboards/matches_won/").status_code == 200


@pytest.mark.parametrize("outage", [outages.LOCKED, outages.FULL, outages.READ_ONLY, outages.SLOW])
def test_what_concerns_some_requests_only_makes_no_other_rest(settings, rested, outage):
    settings.DATABASE_RESTS = True

    outages.note_outage(outage)

    assert outages.get_rest() is None
    assert rested == []


def test_only_a_server_rests(rested):
    outages.note_outage(outages.AWAY)

    assert outages.get_rest() is None
