"""Connections to PostgreSQL that give up: a request must not wait for ever for a database that is frozen."""

from __future__ import annotations

from collections.abc import Generator
from time import monotonic
from typing import Any

import psycopg
from psycopg.errors import ConnectionTimeout

from deltacrown.config.database import GRACE_SECONDS, DatabaseLimits

#: How often a wait for the server is interrupted to look at the clock.
INTERVAL_SECONDS = 0.1


def bounded_by(limits: DatabaseLimits) -> type[psycopg.Connection[Any]]:
    """Return a class of connections with the limits of a server."""
    patience = limits.statement + GRACE_SECONDS if limits.statement else None
    timeouts = {
        "statement_timeout": limits.statement,
        "lock_timeout": limits.lock,
        "idle_in_transaction_session_timeout": limits.idle_in_transaction,
    }

    class BoundedConnection(psycopg.Connection[Any]):
        """A connection with timeouts in the server, and one of its own in case the server does not answer."""

        @classmethod
        def connect(cls, *args: Any, **kwargs: Any) -> Any:
            """Connect, and set the timeouts.

            They are set by statements: a proxy such as PgBouncer refuses most parameters of a connection.
            """
            connection = super().connect(*args, **kwargs)
            try:
                for name, seconds in timeouts.items():
                    if seconds:
                        connection.execute("SELECT set_config(%s, %s, false)", (name, f"{seconds}s"))
            except BaseException:
                connection.close()
                raise
            return connection

        def wait(self, gen: Any, interval: float = INTERVAL_SECONDS, timeout: float | None = None) -> Any:
            """Wait for the server, but not longer than a statement may take.

            :raises ConnectionTimeout: no answer came; the connection is closed, its state is unknown.
            """
            if patience is None or timeout is not None:
                return super().wait(gen, interval, timeout)
            try:
                return super().wait(limit(gen, patience), interval)
            except _Frozen:
                self.close()
                message = f"the database did not answer within {patience} seconds"
                raise ConnectionTimeout(message) from None

    return BoundedConnection


class _Frozen(Exception):
    """The server did not answer in time."""


def limit(gen: Generator[Any, Any, Any], seconds: float) -> Generator[Any, Any, Any]:
    """Pass on what psycopg waits for, until it has waited ``seconds``."""
    deadline = monotonic() + seconds
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if not ready and monotonic() > deadline:
                raise _Frozen
            wanted = gen.send(ready)
    except StopIteration as end:
        return end.value
