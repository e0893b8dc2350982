"""Check within a fixed time whether the database can serve: reach it, read every table, and write."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Generic, TypeVar

from django.apps import apps
from django.db import Error, connection, connections, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from deltacrown.core.outages import AWAY, FULL, LOCKED, READ_ONLY, UNMIGRATED, Outage, find_outage, get_rest

T = TypeVar("T")

logger = logging.getLogger(__name__)

#: An answer about health that comes later is no answer: supervisors wait for two seconds.
LIMIT_SECONDS = 1.5
#: How long the check waits for a lock on a table, or for SQLite's one lock.
LOCK_MILLISECONDS = 1_000
#: Less free space beside a SQLite database is none.
LEAST_FREE_BYTES = 1 << 20


class NotReady(Exception):
    """The database cannot serve."""

    def __init__(self, outage: Outage) -> None:
        super().__init__(outage.reason)
        self.outage = outage


def read_when_ready(read: Callable[[], T]) -> T:
    """Check the database, and return what ``read`` reads from it; both together within ``LIMIT_SECONDS``.

    :raises NotReady: the database cannot serve.
    """
    if rest := get_rest():
        raise NotReady(rest)

    def check_and_read() -> T:
        check_database()
        return read()

    try:
        # Inside a transaction (of a test) another connection would not see its rows.
        return check_and_read() if connection.in_atomic_block else _run_within_limit(check_and_read)
    except Error as error:
        logger.error("the database does not answer: %s", error)
        raise NotReady(find_outage(error) or AWAY) from error


def check_database() -> None:
    """Check that the database can be reached, is migrated, can be read in all tables and takes changes.

    :raises NotReady: it is not so.
    :raises django.db.Error: the database says so itself.
    """
    if connection.vendor == "postgresql":
        _check_postgresql()
    else:
        _check_sqlite()


def _check_postgresql() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}")
        cursor.execute(f"SET LOCAL statement_timeout = {int(LIMIT_SECONDS * 1000)}")
        cursor.execute("SHOW transaction_read_only")
        if cursor.fetchone()[0] == "on":
            raise NotReady(READ_ONLY)
        _check_tables()

        # Rows that do not fit into this little memory are written to a file: it fails on a full disk.
        cursor.execute("SET LOCAL work_mem = 64")
        cursor.execute("SELECT count(*) FROM generate_series(1, 20000)")
        transaction.set_rollback(True)  # the limits are for this check


def _check_sqlite() -> None:
    is_own = not connection.in_atomic_block
    with connection.cursor() as cursor:
        if is_own:
            cursor.execute(f"PRAGMA busy_timeout = {LOCK_MILLISECONDS // 2}")
        _check_tables()

        path = _get_sqlite_path()
        if path and shutil.disk_usage(path.parent).free < LEAST_FREE_BYTES:
            raise NotReady(FULL)
        if is_own:
            check_sqlite_writable()


def check_sqlite_writable() -> None:
    """Check that a transaction can write; another writer's, as long as an import's, is no fault."""
    with connection.cursor() as cursor:
        try:
            cursor.execute("BEGIN IMMEDIATE")
        except Error as error:
            if find_outage(error) is LOCKED:
                return
            raise
        try:  # of a file that may only be read, IMMEDIATE is not refused: a statement that would write is
            cursor.execute("DELETE FROM django_migrations WHERE 0")
        finally:
            cursor.execute("ROLLBACK")


def _get_sqlite_path() -> Path | None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA database_list")
        name = cursor.fetchone()[2]
    return Path(name) if name else None


def _check_tables() -> None:
    """Check that all migrations are applied, and that no table is missing or locked."""
    if missing := find_missing_migrations():
        logger.error("not migrated: %s; run manage.py migrate", ", ".join(missing[:5]))
        raise NotReady(UNMIGRATED)
    tables = sorted(model._meta.db_table for model in apps.get_models() if model._meta.managed)
    reads = [f"EXISTS (SELECT 1 FROM {connection.ops.quote_name(table)})" for table in tables]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(reads)}")


def find_missing_migrations() -> list[str]:
    """Return the migrations of this version of the site that the database has no record of."""
    applied = MigrationRecorder(connection).applied_migrations()
    return [f"{app}.{name}" for app, name in _list_migrations() if (app, name) not in applied]


@cache
def _list_migrations() -> list[tuple[str, str]]:
    return sorted(MigrationLoader(None).graph.node_map)


class _Attempt(Generic[T]):
    """One run of a function in a thread of its own."""

    def __init__(self, function: Callable[[], T]) -> None:
        self.function = function
        self.ended = threading.Event()
        self.result: list[T] = []
        self.error: Exception | None = None
        threading.Thread(target=self._run, name="readiness", daemon=True).start()

    def _run(self) -> None:
        try:
            self.result.append(self.function())
        except Exception as error:  # noqa: BLE001 - raised in the thread that waits
            self.error = error
        finally:
            connections.close_all()
            self.ended.set()


class _Latest:
    """The attempt that is running, if any: a database that hangs must not collect threads."""

    lock = threading.Lock()
    attempt: _Attempt[object] | None = None


def _run_within_limit(function: Callable[[], T]) -> T:
    with _Latest.lock:
        attempt = _Latest.attempt
        if attempt is None or attempt.ended.is_set():
            attempt = _Latest.attempt = _Attempt(function)

    if not attempt.ended.wait(LIMIT_SECONDS):
        logger.error("the database did not answer within %g seconds", LIMIT_SECONDS)
        raise NotReady(AWAY)
    if attempt.error is not None:
        raise attempt.error
    return attempt.result[0]  # type: ignore[return-value] # all attempts run the same function
