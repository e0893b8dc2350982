"""Entries for ``DATABASES``: how many connections a process may have, and how long it waits for an answer.

A server shares a bounded pool among its threads and gives up after a while; a command and a worker of Celery
have one connection each and work as long as it takes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

#: Attempts to connect are spread over so many seconds; then the next request begins anew. A longer time
#: would let the pauses between attempts grow, and a database that came back would not be noticed.
RECONNECT_SECONDS = 5
#: How many statements a connection to SQLite keeps ready to run. Python's 128 are soon used up, as every
#: savepoint takes two: a write would be compiled anew each time, with the programs of all triggers it fires.
STATEMENTS_KEPT = 500
#: How long a request waits for a connection to the replica before it asks the primary.
REPLICA_SECONDS = 1
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


def configure_postgresql(
    entry: dict[str, Any], limits: DatabaseLimits, *, is_server: bool, is_behind_pgbouncer: bool = False
) -> None:
    """Set the options of an entry for PostgreSQL: a pool for a server, one connection for anything else.

    :param is_behind_pgbouncer: nothing that is set or kept in a session may be relied on.
    """
    entry["CONN_MAX_AGE"] = 0  # the pool keeps connections; a command has one for as long as it runs
    entry["CONN_HEALTH_CHECKS"] = True
    options = entry.setdefault("OPTIONS", {})
    options["connect_timeout"] = limits.connect
    if is_behind_pgbouncer:
        entry["DISABLE_SERVER_SIDE_CURSORS"] = True  # they live longer than a transaction
        options["prepare_threshold"] = None
    if is_server:
        from deltacrown.config.bounded_connection import bounded_by  # noqa: PLC0415 - only where there is one

        options["pool"] = {
            "connection_class": bounded_by(limits, is_behind_pgbouncer=is_behind_pgbouncer),
            "min_size": 1,
            "max_size": limits.pool_size,
            "timeout": limits.pool_wait,
            "reconnect_timeout": RECONNECT_SECONDS,
        }


def configure_replica(
    entry: dict[str, Any], limits: DatabaseLimits, *, is_server: bool, is_behind_pgbouncer: bool
) -> None:
    """Set the options of an entry for a server that follows the primary: nothing is written there.

    Where it is away the primary is asked, so it is not waited for long.
    """
    hasty = replace(limits, pool_wait=REPLICA_SECONDS, connect=min(limits.connect, REPLICA_SECONDS))
    configure_postgresql(entry, hasty, is_server=is_server, is_behind_pgbouncer=is_behind_pgbouncer)
    options = entry["OPTIONS"]
    if not is_behind_pgbouncer:  # which refuses it; a server that follows takes no changes anyway
        options["options"] = f"{options.get('options', '')} -c default_transaction_read_only=on".strip()
