"""Entries for ``DATABASES``: how many connections a process may have, and how long it waits for an answer.

A server shares a bounded pool among its threads and gives up after a while; a command and a worker of Celery
have one connection each and work as long as it takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

#: Attempts to connect are spread over so many seconds; then the next request begins anew. A longer time
#: would let the pauses between attempts grow, and a database that came back would not be noticed.
RECONNECT_SECONDS = 5
#: How many statements a connection to SQLite keeps ready to run. Python's 128 are soon used up, as every
#: savepoint takes two: a write would be compiled anew each time, with the programs of all triggers it fires.
STATEMENTS_KEPT = 500
#: A server answers or cancels within the limit of a statement. So much later it is considered frozen.
GRACE_SECONDS = 2


@dataclass(frozen=True)
class DatabaseLimits:
    """What a server process allows itself on PostgreSQL; times in seconds.

    :param pool_size: most connections of one process; the other threads wait for one.
    :param pool_wait: how long a request waits for a connection.
    :param connect: how long an attempt to connect may take, for commands and workers too.
    :param statement: how long one statement may take; 0 for no limit.
    :param lock: how long a statement waits for a lock; 0 for no limit.
    :param idle_in_transaction: how long a transaction may stand between two statements; 0 for no limit.
    """

    pool_size: int
    pool_wait: int
    connect: int
    statement: int
    lock: int
    idle_in_transaction: int

    def __post_init__(self) -> None:
        for limit, (variable, least) in LEAST.items():
            if getattr(self, limit) < least:
                raise ImproperlyConfigured(
                    f"{variable} is {getattr(self, limit)}: it must be at least {least}."
                )


#: For each limit: the variable that sets it, and its least value.
LEAST = {
    "pool_size": ("DATABASE_POOL_SIZE", 1),
    "pool_wait": ("DATABASE_POOL_WAIT_SECONDS", 1),
    "connect": ("DATABASE_CONNECT_SECONDS", 1),
    "statement": ("DATABASE_STATEMENT_SECONDS", 0),
    "lock": ("DATABASE_LOCK_SECONDS", 0),
    "idle_in_transaction": ("DATABASE_IDLE_IN_TRANSACTION_SECONDS", 0),
}


def configure_sqlite(entry: dict[str, Any], *, is_server: bool, timeout: int) -> None:
    """Set the options of an entry for SQLite.

    A server never creates the file: an empty database in place of a missing one would look like a lost site.
    """
    entry["OPTIONS"] = {
        # IMMEDIATE: a writer queues for the lock at BEGIN instead of failing half-way through.
        "transaction_mode": "IMMEDIATE",
        "timeout": timeout,
        "cached_statements": STATEMENTS_KEPT,
        # recursive_triggers: without it the delete half of INSERT OR REPLACE fires no trigger.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA recursive_triggers=ON;",
    }
    if is_server and ":memory:" not in entry["NAME"] and not entry["NAME"].startswith("file:"):
        entry["NAME"] = f"{Path(entry['NAME']).resolve().as_uri()}?mode=rw"


def configure_postgresql(entry: dict[str, Any], limits: DatabaseLimits, *, is_server: bool) -> None:
    """Set the options of an entry for PostgreSQL: a pool for a server, one connection for anything else."""
    entry["CONN_MAX_AGE"] = 0  # the pool keeps connections; a command has one for as long as it runs
    entry["CONN_HEALTH_CHECKS"] = True
    options = entry.setdefault("OPTIONS", {})
    options["connect_timeout"] = limits.connect
    if is_server:
        from deltacrown.config.bounded_connection import bounded_by  # noqa: PLC0415 - only where there is one

        options["pool"] = {
            "connection_class": bounded_by(limits),
            "min_size": 1,
            "max_size": limits.pool_size,
            "timeout": limits.pool_wait,
            "reconnect_timeout": RECONNECT_SECONDS,
        }
