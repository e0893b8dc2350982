"""A cursor that is used again: to make one takes psycopg as long as to send a short statement.

Only for statements whose rows are read at once. A connection to the server has one such cursor, whichever
thread has it out of the pool; who asks for it while it is in use, as a hook of a statement may, gets a new
one.
"""

from __future__ import annotations

from threading import get_ident
from types import TracebackType
from typing import Any

_KEPT = "_deltacrown_cursor"


class reading_cursor:  # noqa: N801 - a context manager that reads as a function
    """Give a cursor of a connection, with all of Django's hooks; its rows must be read within the block."""

    __slots__ = ("_connection", "_cursor", "_is_kept")

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def __enter__(self) -> Any:
        connection = self._connection
        # What is logged is logged by a cursor of another class.
        self._is_kept = connection.vendor == "postgresql" and not connection.queries_logged
        if self._is_kept:
            connection.close_if_health_check_failed()
            if connection.connection is None:
                connection.ensure_connection()
            if connection._thread_ident != get_ident():
                connection.validate_thread_sharing()
            kept = vars(connection.connection).pop(_KEPT, None)
            if kept is not None and not kept.closed:
                self._cursor = connection.make_cursor(kept)
                return self._cursor
        self._cursor = connection.cursor()
        return self._cursor

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_kept and kind is None:
            own = self._cursor.cursor  # of the adapter's, which knows its connection
            vars(own.connection)[_KEPT] = own
        else:
            self._cursor.close()
