"""Read matches for the evaluation of achievements: whole histories, and the latest matches of many players.

Both are statements of their own: the ORM would turn a datetime into an object for each of the many rows
whose result alone is wanted, and cannot write on SQLite the first rows of many lists.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import connection

from deltacrown.core.natural_order import get_sort_key, write_sort_key
from deltacrown.games.models import COUNTS_SQL, MATCH_TABLES, Game
from django_tally.batches import in_batches

#: SQLite joins at most 500 SELECTs in one statement, and each player takes one per table.
TAILS_PER_QUERY = 200
#: Rows of a history held in memory at once.
ROWS_AT_ONCE = 10_000

#: A match that counts: the row's id and its result.
Outcome = tuple[int, str]
#: A row of a history: player, ``played_at``, id, result, match key, game.
HistoryRow = tuple[int, Any, int, str, str, int]


@dataclass(frozen=True, slots=True)
class Fact:
    """What people may read of a match that earned something."""

    game: str
    played_at: datetime


def iterate_histories(users: Sequence[int]) -> Iterator[tuple[int, Iterator[Outcome]]]:
    """Yield each player who has matches that count, with the outcomes, in order of play; in two queries."""
    slugs = dict(Game.objects.values_list("pk", "slug"))
    columns = "user_id, played_at, id, result, match_key, game_id"
    arms = " UNION ALL ".join(f"SELECT {columns} FROM {_counted(table, users)}" for table in MATCH_TABLES)

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({arms}) AS history ORDER BY user_id, played_at")
        for user, rows in groupby(_fetch(cursor), key=itemgetter(0)):
            yield user, _in_order_of_play(rows, slugs)


def _in_order_of_play(rows: Iterable[HistoryRow], slugs: Mapping[int, str]) -> Iterator[Outcome]:
    """Yield the outcomes of rows that are ordered by ``played_at``; the keys order those of one time."""
    for _, together in groupby(rows, key=itemgetter(1)):
        tied = list(together)
        if len(tied) > 1:
            tied.sort(key=lambda row: get_sort_key(row[4], slugs[row[5]]))

        for _, _, pk, result, *_ in tied:
            yield pk, result


def list_latest(wanted: Mapping[int, int]) -> dict[int, list[Outcome]]:
    """Return the latest matches that count, latest first, by player; in a query per 200 players.

    :param wanted: player's id → how many.
    """
    latest: dict[int, list[tuple[datetime, str, int, str]]] = defaultdict(list)
    for users in in_batches(sorted(wanted), TAILS_PER_QUERY):
        # One short walk along an index per player and table.
        arms = [_latest_of(table, user, wanted[user]) for table in MATCH_TABLES for user in users]
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(arms))
            for user, played_at, pk, result, play_order in cursor.fetchall():
                latest[user].append((_aware(played_at), play_order, pk, result))

    outcomes = {}
    for user, rows in latest.items():
        rows.sort(reverse=True)
        outcomes[user] = [(pk, result) for _, _, pk, result in rows[: wanted[user]]]

    return outcomes


def list_facts(pks: Collection[int]) -> dict[int, Fact]:
    """Return what may be read of matches, wherever they are, by id; in two queries for up to 500."""
    facts: dict[int, Fact] = {}
    for batch in in_batches(sorted(pks)):
        for table in MATCH_TABLES:
            rows = table.objects.filter(pk__in=batch).values_list("pk", "game__name", "played_at")
            facts |= {pk: Fact(game, played_at) for pk, game, played_at in rows}

    return facts


def _counted(table: type[Any], users: Sequence[int]) -> str:
    name = connection.ops.quote_name(table._meta.db_table)
    listed = ", ".join(str(int(user)) for user in users)

    return f"{name} WHERE user_id IN ({listed}) AND {COUNTS_SQL}"


def _latest_of(table: type[Any], user: int, limit: int) -> str:
    games = connection.ops.quote_name(Game._meta.db_table)
    slug = f"(SELECT slug FROM {games} g WHERE g.id = game_id)"
    columns = f"user_id, played_at, id, result, {write_sort_key('match_key', slug)} AS play_order"
    rows = f"SELECT {columns} FROM {_counted(table, [user])}"

    return f"SELECT * FROM ({rows} ORDER BY played_at DESC, play_order DESC LIMIT {int(limit)}) AS latest"


def _aware(played_at: datetime) -> datetime:
    """Return a datetime with a time zone. SQLite returns it as it was written, with an offset or without."""
    return played_at.replace(tzinfo=UTC) if played_at.tzinfo is None else played_at


def _fetch(cursor: Any) -> Iterator[HistoryRow]:
    while rows := cursor.fetchmany(ROWS_AT_ONCE):
        yield from rows
