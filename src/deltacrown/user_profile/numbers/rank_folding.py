"""Counting the changes of ranked players into ``RankCount``, and counting everybody anew.

One process at a time writes what is counted. It waits for nobody and locks no profile. What
it deletes of ``RankChange`` it read before it read the players' values, so a value it has not seen still has
its change; a reader who finds a change compares the player as counted with the player as they are.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection

from deltacrown.user_profile.models import RankChange, RankCount, RankedPlayer, RankFold
from deltacrown.user_profile.numbers.rank_boards import BITS, LEVELS, get_fingerprint, write_ranked
from django_tally.schema import table_of
from django_tally.transactions import atomic_service

#: How many changes are counted in one transaction.
BATCH = 2_000
#: From so many changes on, counting everybody anew takes no longer.
TOO_MANY = 200_000

_COUNTS, _PLAYERS = table_of(RankCount), table_of(RankedPlayer)


@dataclass(frozen=True)
class Folded:
    """What was done: changes that were counted, and whether everybody was counted anew."""

    changes: int = 0
    is_anew: bool = False


def fold_changes() -> Folded:
    """Count all changes that are committed by now; count everybody anew where nothing else is sure.

    Do nothing while another process is at it.
    """
    total, is_anew, ends = 0, False, RankChange.objects.order_by("-pk").values_list("pk", flat=True).first()
    while True:
        found = _fold_some(ends or 0)
        total, is_anew = total + found.changes, is_anew or found.is_anew
        if found.changes < BATCH or found.is_anew:
            return Folded(total, is_anew)


@atomic_service
def count_anew() -> Folded:
    """Count every player anew. Readers see what was counted before until it is committed."""
    return _count_anew() if _lock() else Folded()


@atomic_service
def verify_counts() -> int:
    """Return how many players and ranges are not counted as they are, though no change waits to be counted.

    One statement, one snapshot: writers beside it cause no false finding.
    """
    if not RankFold.objects.filter(fingerprint=get_fingerprint()).exists():
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_write_differences())
        [[differing]] = cursor.fetchall()
    return int(differing)


def _lock() -> bool:
    """Take the row that is the lock, made where it is not there; return whether nobody else has it."""
    if connection.vendor != "postgresql":
        return True  # SQLite has one writer
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [0x72616E6B, 1])
        [[is_ours]] = cursor.fetchall()
    return bool(is_ours)


@atomic_service
def _fold_some(up_to: int) -> Folded:
    if not _lock():
        return Folded()
    is_counted = RankFold.objects.filter(fingerprint=get_fingerprint()).exists()
    waiting = RankChange.objects.order_by("pk").values_list("pk", "owner")
    if not is_counted or waiting.filter(owner=None).exists() or waiting[TOO_MANY:].exists():
        return _count_anew()

    changes = list(waiting.filter(pk__lte=up_to)[:BATCH])
    if not changes:
        return Folded()
    users = {user for _, user in changes if user is not None}
    before = {row.owner: row.counted for row in RankedPlayer.objects.filter(owner__in=users)}
    now = _read_values(users)
    _count({user for user in users if before.get(user, {}) != now.get(user, {})}, before, now)
    RankChange.objects.filter(pk__in=[pk for pk, _ in changes]).delete()
    return Folded(len(changes))


def _read_values(users: Collection[int]) -> dict[int, dict[str, int]]:
    values: dict[int, dict[str, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(write_ranked(f"user_id IN ({', '.join(str(int(user)) for user in users)})"))
        for user, board, value in cursor.fetchall():
            values.setdefault(user, {})[board] = int(value)
    return values


def _count(users: Collection[int], before: dict[int, dict[str, int]], now: dict[int, dict[str, int]]) -> None:
    """Count players with their values of now, no longer with those of before."""
    moved: Counter[tuple[str, int, int]] = Counter()
    for user in users:
        for board, value in before.get(user, {}).items():
            moved.subtract((board, level, value >> BITS * level) for level in range(LEVELS + 1))
        for board, value in now.get(user, {}).items():
            moved.update((board, level, value >> BITS * level) for level in range(LEVELS + 1))
    added = [(*bucket, number) for bucket, number in sorted(moved.items()) if number]

    rows = [RankedPlayer(owner=user, counted=now[user]) for user in users if user in now]
    RankedPlayer.objects.bulk_create(
        rows, batch_size=500, update_conflicts=True, unique_fields=["owner"], update_fields=["counted"]
    )
    RankedPlayer.objects.filter(owner__in=[user for user in users if user not in now]).delete()
    with connection.cursor() as cursor:
        cursor.execute(_ADD[connection.vendor], [json.dumps(added)])
    RankCount.objects.filter(players=0, board__in={board for board, *_ in added}).delete()


_ADDED = {
    "postgresql": "SELECT a->>0, (a->>1)::smallint, (a->>2)::bigint, (a->>3)::bigint "
    "FROM jsonb_array_elements(%s::jsonb) a",
    "sqlite": "SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'), "
    "json_extract(value, '$[3]') FROM json_each(%s)",
}
#: ``WHERE true``: SQLite would read the ON of the conflict as a join's.
_ADD = {
    vendor: f"INSERT INTO {_COUNTS} AS c (board, level, bucket, players) {added} WHERE true "
    "ON CONFLICT (board, level, bucket) DO UPDATE SET players = c.players + excluded.players"
    for vendor, added in _ADDED.items()
}


def _count_anew() -> Folded:
    # First what waits is taken away, then the values are read: what is written in between waits again.
    waiting, _ = RankChange.objects.all().delete()
    RankedPlayer.objects.all().delete()
    RankCount.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_PLAYERS} SELECT user_id, {_AS_OBJECT[connection.vendor]} "
            f"FROM ({write_ranked()}) r GROUP BY user_id"
        )
        cursor.execute(
            f"INSERT INTO {_COUNTS} (board, level, bucket, players) SELECT board, 0, value, COUNT(*) "
            f"FROM ({_PAIRS[connection.vendor]}) r GROUP BY board, value ORDER BY board, value"
        )
        for level in range(1, LEVELS + 1):
            cursor.execute(
                f"INSERT INTO {_COUNTS} (board, level, bucket, players) "
                f"SELECT board, {level}, bucket >> {BITS}, SUM(players) FROM {_COUNTS} "
                f"WHERE level = {level - 1} GROUP BY board, bucket >> {BITS}"
            )
    RankFold.objects.update_or_create(pk=1, defaults={"fingerprint": get_fingerprint()})
    return Folded(waiting, is_anew=True)


_AS_OBJECT = {
    "postgresql": "jsonb_object_agg(board, value)",
    "sqlite": "json_group_object(board, value)",
}
#: Everybody's values as they are counted.
_PAIRS = {
    "postgresql": f"SELECT p.owner AS user_id, e.key AS board, e.value::bigint AS value "
    f"FROM {_PLAYERS} p CROSS JOIN LATERAL jsonb_each_text(p.counted) e",
    "sqlite": f"SELECT p.owner AS user_id, e.key AS board, e.value AS value "
    f"FROM {_PLAYERS} p, json_each(p.counted) e",
}


def _write_differences() -> str:
    """Return the statement that counts players and ranges that are not counted as they are."""
    pairs, changes = _PAIRS[connection.vendor], table_of(RankChange)
    levels = ", ".join(f"({level})" for level in range(LEVELS + 1))
    buckets = (
        f"SELECT board, level, value >> ({BITS} * level) AS bucket, CAST(COUNT(*) AS bigint) AS players "
        "FROM pairs CROSS JOIN levels GROUP BY board, level, value >> ({BITS} * level)"
    ).replace("{BITS}", str(BITS))
    kept = f"SELECT board, level, bucket, players FROM {_COUNTS}"
    return (
        f"WITH levels(level) AS (VALUES {levels}), pairs AS ({pairs}), now AS ({write_ranked()}), "
        f"buckets AS ({buckets}), kept AS ({kept}), "
        "amiss AS (SELECT user_id FROM (SELECT * FROM now EXCEPT SELECT * FROM pairs) a "
        "UNION SELECT user_id FROM (SELECT * FROM pairs EXCEPT SELECT * FROM now) b), "
        "wrong AS (SELECT * FROM (SELECT * FROM buckets EXCEPT SELECT * FROM kept) a "
        "UNION ALL SELECT * FROM (SELECT * FROM kept EXCEPT SELECT * FROM buckets) b) "
        f"SELECT (SELECT COUNT(*) FROM amiss WHERE NOT EXISTS (SELECT 1 FROM {changes} c "
        "WHERE c.owner = amiss.user_id OR c.owner IS NULL)) + (SELECT COUNT(*) FROM wrong)"
    )
