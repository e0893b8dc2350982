"""Recognise that the database cannot serve: away, full, locked, read-only, too slow, or not migrated.

Such an error is nobody's mistake and passes: the request is answered with 503 and may be repeated.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db import Error, connection, connections
from django.utils.translation import gettext_noop

from deltacrown.core import replica

logger = logging.getLogger(__name__)

#: How often a server that lost its database asks for it.
REST_SECONDS = 1.0


@dataclass(frozen=True)
class Outage:
    """Why the database cannot serve.

    :param reason: a sentence for people; it names no host and no table.
    :param retry_after: in how many seconds it makes sense to try again.
    :param is_away: whether no request can be served, so that asking again for each would only take time.
    """

    reason: str
    retry_after: int
    is_away: bool = False


AWAY = Outage(gettext_noop("The database does not answer."), 5, is_away=True)
CROWDED = Outage(gettext_noop("The database takes no more connections."), 5, is_away=True)
BUSY = Outage(gettext_noop("No connection to the database became free."), 5, is_away=True)
SLOW = Outage(gettext_noop("The database took too long."), 5)
LOCKED = Outage(gettext_noop("The database is locked by another task."), 5)
READ_ONLY = Outage(gettext_noop("The database takes no changes now."), 60)
FULL = Outage(gettext_noop("The database is out of disk space or memory."), 60)
UNMIGRATED = Outage(gettext_noop("The database is not set up for this version of the site."), 60)

#: By SQLSTATE of PostgreSQL, or the first two characters of it.
OF_SQLSTATE = {
    "08": AWAY,
    "57P01": AWAY,  # the server is being stopped
    "57P02": AWAY,  # another process of it crashed
    "57P03": AWAY,  # it is starting
    "57P05": AWAY,  # it ended an idle session
    "25P03": SLOW,  # it ended a session that was idle in a transaction
    "57014": SLOW,  # a statement was cancelled: its timeout
    "55P03": LOCKED,
    "40001": LOCKED,  # still so after the service tried again
    "40P01": LOCKED,
    "25006": READ_ONLY,
    "53300": CROWDED,
    "53": FULL,
    "58": FULL,  # the disk, or the file system, fails
    "42P01": UNMIGRATED,
    "42703": UNMIGRATED,
    "42883": UNMIGRATED,
}
#: By primary result code of SQLite.
OF_SQLITE = {
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_PROTOCOL: LOCKED,
    sqlite3.SQLITE_INTERRUPT: SLOW,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_NOMEM: FULL,
    sqlite3.SQLITE_IOERR: FULL,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_CANTOPEN: AWAY,
    sqlite3.SQLITE_NOTADB: AWAY,
    sqlite3.SQLITE_CORRUPT: AWAY,
}
#: SQLite has one code for all errors in a statement.
SQLITE_UNMIGRATED = ("no such table", "no such column", "no such function", "has no column named")


def find_outage(error: BaseException | None) -> Outage | None:
    """Return why the database could not serve, or None for an error of another kind."""
    for cause in _list_causes(error):
        state = getattr(cause, "sqlstate", None)
        if state:
            return OF_SQLSTATE.get(state) or OF_SQLSTATE.get(state[:2])

        code = getattr(cause, "sqlite_errorcode", None)
        if code is not None:
            is_unmigrated = str(cause).startswith(SQLITE_UNMIGRATED)
            return UNMIGRATED if is_unmigrated else OF_SQLITE.get(code & 0xFF)

        if type(cause).__name__ in {"PoolTimeout", "TooManyRequests"}:
            return BUSY
        if type(cause).__module__.startswith("psycopg") and _is_connection_fault(cause):
            return AWAY
    return None


def _list_causes(error: BaseException | None) -> Iterator[BaseException]:
    """List the errors of the adapters behind an error of Django's."""
    for _ in range(10):
        if error is None:
            return
        if not isinstance(error, Error):
            yield error
        error = error.__cause__


def _is_connection_fault(error: BaseException) -> bool:
    """Return whether the adapter lost, or did not get, the connection: the server then names no state."""
    import psycopg  # noqa: PLC0415 - it is there: the error is one of its own

    return isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError))


class _Rest:
    """Whether this process has lost its database and waits for it."""

    lock = threading.Lock()
    outage: Outage | None = None


def get_rest() -> Outage | None:
    """Return why requests are refused at once, or None. Only a server with ``DATABASE_RESTS`` refuses."""
    return _Rest.outage


def note_outage(outage: Outage) -> None:
    """Refuse requests from now on, if the database is away, until it answers again.

    A thread asks it every second. Without this each request would wait for the database as long as the limits
    allow, and together they would keep all threads of the server from answering anything else.
    """
    if not (outage.is_away and settings.DATABASE_RESTS) or replica.is_visiting():
        return  # of a replica the primary takes over
    with _Rest.lock:
        if _Rest.outage is not None:
            return
        _Rest.outage = outage
    logger.error("%s Requests are refused until the database answers.", outage.reason)
    threading.Thread(target=_wait_for_database, name="wait-for-database", daemon=True).start()


def _wait_for_database() -> None:
    while not _answers():
        time.sleep(REST_SECONDS)
    with _Rest.lock:
        _Rest.outage = None
    logger.warning("the database answers again")


def _answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception as error:  # noqa: BLE001 - whatever it is, the database does not answer
        logger.info("the database does not answer: %s", error)
        return False
    finally:
        connections.close_all()
    return True
