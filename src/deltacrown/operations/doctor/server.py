"""What a server of PostgreSQL has to say of itself, and whether its clock is ours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import connection

from deltacrown.operations.doctor.findings import Finding, Visit, write_size

#: Numbers as of a time, and who waits how long, are told by both clocks.
MOST_SKEW = timedelta(seconds=5)
#: From how much of the connections on it is a matter of time until one is refused.
CROWDED_FROM = 0.9
#: A slot that nobody reads keeps all that was written since, until the disk is full.
MOST_KEPT = 1 << 30
#: An open transaction keeps what was deleted since from being cleared away.
LONGEST_TRANSACTION = timedelta(hours=1)


def find_skew(visit: Visit) -> Iterator[Finding]:
    """Find a machine whose clock differs from that of the database server."""
    if connection.vendor != "postgresql":
        return  # it is in this very process
    before = visit.clock()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (there,) = cursor.fetchone()
    after = visit.clock()

    skew = max(before - there, there - after, timedelta(0))
    if skew > MOST_SKEW:
        which = "behind" if there > after else "ahead of"
        yield Finding(
            f"The clock of this machine is {skew.total_seconds():.0f} s {which} that of the database server.",
            "Have both follow the same time server: timedatectl set-ntp true, on each.",
        )


def find_server_faults(_visit: Visit) -> Iterator[Finding]:
    """Find what will stop a server of PostgreSQL before long."""
    if connection.vendor != "postgresql":
        return
    yield from _find_crowd()
    yield from _find_slots()
    yield from _find_archiver_faults()
    yield from _find_long_transactions()


def _find_crowd() -> Iterator[Finding]:
    [(used, most)] = _read(
        "SELECT count(*), current_setting('max_connections')::int"
        " - current_setting('superuser_reserved_connections')::int"
        " FROM pg_stat_activity WHERE backend_type = 'client backend'"
    )
    if used >= CROWDED_FROM * most:
        yield Finding(
            f"{used} of {most} connections of the database server are in use.",
            "Lower WORKERS or DATABASE_POOL_SIZE, or raise max_connections of the server.",
        )


def _find_slots() -> Iterator[Finding]:
    for name, kept in _read(
        "SELECT slot_name, pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()"
        " ELSE pg_current_wal_lsn() END, restart_lsn) FROM pg_replication_slots"
        " WHERE NOT active AND restart_lsn IS NOT NULL ORDER BY slot_name"
    ):
        size = write_size(int(kept))
        what = f"Nobody reads the replication slot {name}: the server keeps {size} of its log for it."
        mend = (
            "Start the standby that reads it. If there is none any more: SELECT "
            f"pg_drop_replication_slot('{name}'). "
            "max_slot_wal_keep_size bounds what slots can keep."
        )
        yield Finding(what, mend) if kept > MOST_KEPT else Finding.advice(what, mend)


def _find_archiver_faults() -> Iterator[Finding]:
    if _read(
        "SELECT 1 FROM pg_stat_archiver WHERE last_failed_time > COALESCE(last_archived_time, '-infinity')"
    ):
        yield Finding(
            "The server cannot archive its log: archive_command failed the last time, so there is no "
            "recovery to "
            "a point in time since, and its disk fills up.",
            "Read the log of the server for the command's words, and mend the command or its destination.",
        )


def _find_long_transactions() -> Iterator[Finding]:
    [(count,)] = _read(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        f" AND xact_start < clock_timestamp() - interval '{LONGEST_TRANSACTION.total_seconds():.0f} seconds'"
    )
    if count:
        yield Finding.advice(
            f"{count} transactions are open for more than an hour: tables grow meanwhile.",
            "Look for them in pg_stat_activity, by xact_start; a long import, export or backup ends by "
            "itself.",
        )


def _read(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())
