"""Whether the replica, where there is one, can be read."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import Error, connections

from deltacrown.core import replica
from deltacrown.operations.doctor.findings import Finding, Visit, write_size

#: From here on hardly any request finds on it what it must see.
MOST_BEHIND = 64 << 20
_REPLICA = "SELECT pg_is_in_recovery(), (pg_last_wal_replay_lsn() - '0/0')::bigint"


def find_replica_faults(_visit: Visit) -> Iterator[Finding]:
    """Find a replica that is away, follows nobody, or is far behind. Readers have the primary meanwhile."""
    if not replica.is_configured():
        return
    try:
        with connections[replica.ALIAS].cursor() as cursor:
            cursor.execute(_REPLICA)
            (follows, replayed) = cursor.fetchone()
    except Error:
        yield Finding(
            "The replica does not answer: everything is read from the primary.",
            "Start its server, or correct DATABASE_REPLICA_URL, or unset it and restart.",
        )
        return
    if not follows or replayed is None:
        yield Finding(
            "What DATABASE_REPLICA_URL names follows no primary: nothing is read from it.",
            "Make it anew with pg_basebackup -R, or unset DATABASE_REPLICA_URL and restart.",
        )
        return
    behind = replica.read_position() - replayed
    if behind > MOST_BEHIND:
        yield Finding.advice(
            f"The replica is {write_size(behind)} behind the primary.",
            "Look in its log, and for long queries on it: they hold back what it follows.",
        )
