"""Reading what achievements are evaluated from: whole histories in order of play, and the latest few matches of many players."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.db import connection

from deltacrown.core.batches import in_batches
from deltacrown.games.models import ArchivedMatch, Match, MatchRow

#: Live first: rows move only into the archive, so one moved between the two reads is not missed.
TABLES: tuple[type[Any], ...] = (Match, ArchivedMatch)
#: SQLite joins at most 500 SELECTs in one statement, and each player takes one per table.
TAILS_PER_QUERY = 200


@dataclass(frozen=True, slots=True)
class Played:
    """A match that counts, as far as achievements go."""

    user_id: int
    played_at: datetime
    pk: int
    result: str
    game_id: int

    @property
    def order(self) -> tuple[int, datetime, int]:
        return -self.user_id, self.played_at, self.pk


def iterate_histories(users: Sequence[int]) -> Iterator[tuple[int, Iterator[Played]]]:
    """Yield each player who has matches that count, with them, live and archived, oldest first; in two queries."""
    tables = [_iterate_table(table, users) for table in TABLES]
    merged = heapq.merge(*tables, key=attrgetter("order"))
    yield from groupby(_without_repeats(merged), key=attrgetter("user_id"))


def _iterate_table(table: type[Any], users: Sequence[int]) -> Iterator[Played]:
    # Players downwards, so that the index of the history, read backwards, is in this order.
    rows = table.objects.counted().filter(user__in=users).order_by("-user_id", "played_at", "id")
    return (Played(*row) for row in rows.values_list("user_id", "played_at", "id", "result", "game_id").iterator())


def _without_repeats(rows: Iterable[Played]) -> Iterator[Played]:
    """Leave out the second sight of a row that was moved into the archive meanwhile."""
    previous = None
    for row in rows:
        if row.pk != previous:
            yield row
        previous = row.pk


def list_latest(wanted: Mapping[int, int]) -> dict[int, list[tuple[int, str]]]:
    """Return the id and result of the latest matches that count, latest first, by player.

    :param wanted: player's id → how many.
    """
    latest: dict[int, list[tuple[Any, int, str]]] = defaultdict(list)
    for users in in_batches(sorted(wanted), TAILS_PER_QUERY):
        for user, played_at, pk, result in _fetch_latest({user: wanted[user] for user in users}):
            latest[user].append((played_at, pk, result))
    return {user: [row[1:] for row in sorted(rows, reverse=True)[: wanted[user]]] for user, rows in latest.items()}


def _fetch_latest(wanted: Mapping[int, int]) -> list[tuple[Any, ...]]:
    """One short walk along an index per player and table, in one statement; the ORM has no word for it on SQLite."""
    arms = [_latest_of(table) for table in TABLES for _ in wanted]
    params = [value for _ in TABLES for item in wanted.items() for value in item]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(arms), params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _latest_of(table: type[MatchRow]) -> str:
    name = connection.ops.quote_name(table._meta.db_table)
    latest = f"SELECT user_id, played_at, id, result FROM {name} WHERE user_id = %s AND voided_at IS NULL ORDER BY played_at DESC, id DESC"
    return f"SELECT * FROM ({latest} LIMIT %s) AS latest"
