"""One writer at a time for a match key."""

from __future__ import annotations

import zlib
from collections.abc import Collection

from django.db import connection

from deltacrown.core.cursors import reading_cursor
from deltacrown.core.together import Statement, send_together
from deltacrown.games.services.records import MatchKey

#: The space of this module's advisory locks, and into how many queues the match keys are spread.
#: A batch holds at most that many locks; PostgreSQL's lock table has room for 6,400 by default.
LOCK_SPACE, LOCK_QUEUES = 0x6D61, 1024


def queue_for(keys: Collection[MatchKey]) -> None:
    """Let one transaction at a time record a key, or change its match.

    The unique key alone stops the same player's row twice; it would let two deliveries of one key
    with different players each insert theirs. SQLite has one writer at a time anyway.
    """
    if statements := write_queueing(keys):
        with reading_cursor(connection) as cursor:
            send_together(cursor, statements)


def write_queueing(keys: Collection[MatchKey]) -> list[Statement]:
    """Return the statements of ``queue_for``, to be sent along with others; none on SQLite."""
    if connection.vendor != "postgresql":
        return []
    queues = sorted({zlib.crc32(f"{game}:{match_key}".encode()) % LOCK_QUEUES for game, match_key in keys})
    lock = "SELECT pg_advisory_xact_lock(%s, queue) FROM unnest(%s::int[]) AS queue"
    return [(lock, [LOCK_SPACE, queues])]
