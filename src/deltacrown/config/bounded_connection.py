"""Connections to PostgreSQL that give up: a request must not wait for ever for a database that is frozen."""

from __future__ import annotations

import select
from collections.abc import Generator
from time import monotonic
from typing import Any

import psycopg
from psycopg.errors import ConnectionTimeout

from deltacrown.config.database import GRACE_SECONDS, DatabaseLimits

#: A connection that was used so recently, and on which nothing came since, is not asked whether it lives.
FRESH_SECONDS = 1.0
#: What the pool asks a connection to see whether it lives.
_ASKS_NOTHING = ""
#: How often a wait for the server is interrupted to look at the clock.
INTERVAL_SECONDS = 0.1


class FreshConnection(psycopg.Connection[Any]):
    """A connection that is not asked whether it lives where that is known."""

    _answered_at = float("-inf")
    #: What is returned where nothing was asked: nobody reads it, and to make one takes 10 µs.
    _unasked: Any = None

    def execute(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        """Run a statement; do not ask the server for nothing when the connection is known to live.

        Each request takes a connection out of the pool, which asks that it lives by an empty statement: a
        round trip as long as a read by key.
        """
        if query == _ASKS_NOTHING and not args and not kwargs and self._is_fresh():
            if self._unasked is None:
                self._unasked = self.cursor()
            return self._unasked
        return super().execute(query, *args, **kwargs)

    def wait(self, gen: Any, interval: float = INTERVAL_SECONDS, timeout: float | None = None) -> Any:
        """Wait for the server, and note when it answered."""
        found = super().wait(gen, interval, timeout)
        self._answered_at = monotonic()
        return found

    def _is_fresh(self) -> bool:
        """Return whether the server answered a moment ago, and has not said since that it ends.

        A server that stops, or is killed, closes the connection, which is seen without asking. One that
        vanishes with its network is not heard of, as between any two statements of a request.
        """
        if self.closed or self.pgconn.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            return False
        if monotonic() - self._answered_at > FRESH_SECONDS:
            return False
        poll = select.poll()
        poll.register(self.fileno(), select.POLLIN)
        return not poll.poll(0)


def bounded_by(limits: DatabaseLimits, *, is_behind_pgbouncer: bool = False) -> type[psycopg.Connection[Any]]:
    """Return a class of connections with the limits of a server.

    :param is_behind_pgbouncer: what is set in a session would be met by others; the role has the limits then.
    """
    patience = limits.statement + GRACE_SECONDS if limits.statement else None
    timeouts = (
        {}
        if is_behind_pgbouncer
        else {
            "statement_timeout": limits.statement,
            "lock_timeout": limits.lock,
            "idle_in_transaction_session_timeout": limits.idle_in_transaction,
        }
    )

    class BoundedConnection(FreshConnection):
        """A connection with timeouts in the server, and one of its own in case the server does not answer."""

        @classmethod
        def connect(cls, *args: Any, **kwargs: Any) -> Any:
            """Connect, and set the timeouts.

            They are set by statements: some proxies refuse most parameters of a connection.
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
