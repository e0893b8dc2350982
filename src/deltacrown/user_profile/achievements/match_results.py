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

from deltacrown.core.natural_order import get_numbered_key, write_numbered_key
from deltacrown.games.models import COUNTS_SQL, MATCH_TABLES, Game
from django_tally.batches import in_batches

#: SQLite joins at most 500 SELECTs in one statement, and each player takes one per table.
TAILS_PER_QUERY = 200
#: Rows of a history held in memory at once.
ROWS_AT_ONCE = 10_000

#: A match that counts: the row's id and its result.
Outcome = tuple[int, str]
#: A row of a history: player, ``played_at``, id, result, match key, game, sequence.
HistoryRow = tuple[int, Any, int, str, str, int, int | None]
COLUMNS = "user_id, played_at, id, result, match_key, game_id, sequence"


@dataclass(frozen=True, slots=True)
class Fact:
    """What people may read of a match that earned something."""

    game: str
    played_at: datetime


class _Slugs(dict[int, str]):
    """Game's id → slug; read when first asked for, which is when matches of one time are compared."""

    def __missing__(self, game: int) -> str:
        self.update(Game.objects.values_list("pk", "slug"))

        return self[game]


def iterate_histories(users: Sequence[int]) -> Iterator[tuple[int, Iterator[Outcome]]]:
    """Yield each player who has matches that count, with the outcomes, in order of play; in two queries."""
    slugs = _Slugs()
    arms = " UNION ALL ".join(f"SELECT {COLUMNS} FROM {_counted(table, users)}" for table in MATCH_TABLES)

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({arms}) AS history ORDER BY user_id, played_at")
        for user, rows in groupby(_fetch(cursor), key=itemgetter(0)):
            yield user, _in_order_of_play(rows, slugs)


def _in_order_of_play(rows: Iterable[HistoryRow], slugs: Mapping[int, str]) -> Iterator[Outcome]:
    """Yield the outcomes of rows ordered by ``played_at``; those of one time as ``add_play_order`` has it."""
    for _, together in groupby(rows, key=itemgetter(1)):
        for _, _, pk, result, *_ in _sort_tied(list(together), slugs):
            yield pk, result


def _sort_tied(rows: list[HistoryRow], slugs: Mapping[int, str]) -> list[HistoryRow]:
    if len(rows) > 1:
        rows.sort(key=lambda row: get_numbered_key(row[6], row[4], slugs[row[5]]))

    return rows


def list_latest(wanted: Mapping[int, int]) -> dict[int, list[Outcome]]:
    """Return the latest matches that count, latest first, by player; in a query per 200 players.

    :param wanted: player's id → how many.
    """
    slugs = _Slugs()
    latest: dict[int, list[HistoryRow]] = defaultdict(list)
    for users in in_batches(sorted(wanted), TAILS_PER_QUERY):
        with connection.cursor() as cursor:
            cursor.execute(_write_latest({user: wanted[user] for user in users}))
            for user, played_at, *rest in cursor.fetchall():
                latest[user].append((user, _aware(played_at), *rest))

    outcomes = {}
    for user, rows in latest.items():
        rows.sort(key=itemgetter(1))
        in_order = list(_in_order_of_play(rows, slugs))
        outcomes[user] = in_order[: -wanted[user] - 1 : -1]

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
    listed = ", ".join(str(int(user)) for user in users)

    return f"{_table(table)} WHERE user_id IN ({listed}) AND {COUNTS_SQL}"


def _table(table: type[Any]) -> str:
    return connection.ops.quote_name(table._meta.db_table)


def _write_latest(wanted: Mapping[int, int]) -> str:
    """Return the statement of ``list_latest``: one short walk along an index per player and table."""
    if connection.vendor != "postgresql":
        return " UNION ALL ".join(
            _latest_of(table, *each) for table in MATCH_TABLES for each in wanted.items()
        )

    # A subquery per table that is planned once, not once per player.
    players = ", ".join(f"({int(user)}, {int(limit)})" for user, limit in wanted.items())
    walks = [_latest_of(table, "wanted.player", "wanted.most") for table in MATCH_TABLES]
    listed = f"(VALUES {players}) AS wanted (player, most)"
    return " UNION ALL ".join(
        f"SELECT each.* FROM {listed} CROSS JOIN LATERAL ({walk}) AS each" for walk in walks
    )


def _latest_of(table: type[Any], user: int | str, limit: int | str) -> str:
    """Return the query of a player's latest matches, with all of the last time it takes.

    PostgreSQL has words for that. SQLite has not: there the order of matches of one time decides already.
    """
    rows = f"SELECT {COLUMNS} FROM {_table(table)} WHERE user_id = {user} AND {COUNTS_SQL}"
    if connection.vendor == "postgresql":
        return f"{rows} ORDER BY played_at DESC FETCH FIRST ({limit}) ROWS WITH TIES"

    games = connection.ops.quote_name(Game._meta.db_table)
    slug = f"(SELECT slug FROM {games} g WHERE g.id = game_id)"
    play_order = write_numbered_key("sequence", "match_key", slug)
    return f"SELECT * FROM ({rows} ORDER BY played_at DESC, {play_order} DESC LIMIT {limit}) AS latest"


def _aware(played_at: datetime) -> datetime:
    """Return a datetime with a time zone. SQLite returns it as it was written, with an offset or without."""
    return played_at.replace(tzinfo=UTC) if played_at.tzinfo is None else played_at


def _fetch(cursor: Any) -> Iterator[HistoryRow]:
    while rows := cursor.fetchmany(ROWS_AT_ONCE):
        yield from rows
