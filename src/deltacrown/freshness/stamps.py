"""Know by one short read that nothing at all was committed meanwhile, whatever was read before.

PostgreSQL tells which transactions a reader can see (``pg_current_snapshot``). Whoever is told the same twice
reads the same twice, in every table: nothing was committed between the two. So what was read, and whatever
was made of it, is known to be right by a statement that reads no row of it.

Commits are only ever added, so a stamp that is read *before* the rest is enough: whoever reads the same stamp
later knows that the state was this one all the time in between. A server that was started anew may have lost
commits and give their numbers to others, and so may one that took another's place: the stamp holds when the
server was started, and a connection that was not there before ends all stamps. A server that follows another
one gives none: the snapshot of a replica does not name the transactions that run, so it stays the same when
one of them is committed. Nor is there one behind PgBouncer, which has new connections without saying so.

Some rows mean something else when their time has come, without a write. Whoever makes the ``Stamps`` says
what changes then.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from threading import Lock
from typing import Any

from django.conf import settings
from django.db import connections

from deltacrown.core.cursors import reading_cursor
from deltacrown.core.replica import is_visiting
from deltacrown.core.server_plans import ServerPlan

#: The number of a time in which no connection was new, and what the server says.
Stamp = tuple[int, str]
_MARK = "_deltacrown_stamped"


class _Connected:
    """How often a connection was met that was not known before."""

    lock = Lock()
    times = 0


class Stamps:
    """Reads the stamp of all that is committed.

    :param write_moment: writes an expression of SQL, called at the first read: it changes at each moment at
        which a row means something else though nobody writes it.
    """

    def __init__(self, write_moment: Callable[[], str]) -> None:
        self._write_moment = write_moment

    def read(self) -> Stamp | None:
        """Return the stamp of now; None where the database cannot give one.

        SQLite does not. Within a transaction there is none either: what that writes itself, it sees at once.
        """
        connection: Any = connections["default"]
        if connection.vendor != "postgresql" or connection.in_atomic_block:
            return None
        if settings.DATABASE_PGBOUNCER or is_visiting():
            return None
        with reading_cursor(connection) as cursor:
            if not connection.get_autocommit():
                return None
            times = _count_connections(connection.connection)
            rows = self._plan.read(connection, cursor, ())
            if rows is None:
                cursor.execute(self._sql)
                rows = cursor.fetchall()
        [[said]] = rows
        return None if said is None else (times, said)

    @cached_property
    def _sql(self) -> str:
        said = (
            "current_database()",
            "pg_postmaster_start_time()",
            "pg_current_snapshot()",
            f"({self._write_moment()})",
        )
        return f"SELECT CASE WHEN NOT pg_is_in_recovery() THEN concat_ws(' ', {', '.join(said)}) END"

    @cached_property
    def _plan(self) -> ServerPlan:
        return ServerPlan(self._sql, ())


def _count_connections(raw: Any) -> int:
    if _MARK not in vars(raw):
        with _Connected.lock:
            _Connected.times += 1
        setattr(raw, _MARK, True)
    return _Connected.times
