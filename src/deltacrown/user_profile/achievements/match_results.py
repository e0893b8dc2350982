"""Read matches for the evaluation of achievements: whole histories, and what is around new matches.

Both are statements of their own: the ORM would turn a datetime into an object for each of the many rows
whose result alone is wanted, and cannot write the first rows of many lists.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import connection

from deltacrown.core.cursors import reading_cursor
from deltacrown.core.dates import read_selected_time
from deltacrown.core.natural_order import get_numbered_key
from deltacrown.games.models import COUNTS_SQL, MATCH_TABLES, Game
from deltacrown.user_profile.models import Achievement, UserAchievement
from django_tally.batches import in_batches
from django_tally.sql import literal

#: Players around whose matches is read in one query.
PLAYERS_PER_QUERY = 5_000
#: Rows of a history held in memory at once.
ROWS_AT_ONCE = 10_000

#: A match that counts: the row's id and its result.
Outcome = tuple[int, str]
#: The same, and when it was played.
Played = tuple[int, str, datetime]
#: The first and the last of some times.
Span = tuple[datetime, datetime]
#: A row of a history: player, ``played_at``, id, result, match key, game, sequence.
HistoryRow = tuple[int, Any, int, str, str, int, int | None]
COLUMNS = "user_id, played_at, id, result, match_key, game_id, sequence"
#: Times as text: the adapter makes datetimes of its own kind, at ten times the cost.
_COLUMNS_AS_TEXT = COLUMNS.replace("played_at", "played_at::text")


@dataclass(frozen=True, slots=True)
class Fact:
    """What people may read of a match that earned something."""

    game: str
    played_at: datetime


@dataclass(frozen=True, slots=True)
class Latest:
    """How many of the latest matches of a player are asked for.

    :ivar since: when the first of the new ones was played.
    """

    number: int
    since: datetime


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
            yield user, ((pk, result) for _, _, pk, result, *_ in _in_order_of_play(rows, slugs))


def _in_order_of_play(rows: Iterable[HistoryRow], slugs: Mapping[int, str]) -> Iterator[HistoryRow]:
    """Yield rows that are ordered by ``played_at``; those of one time as ``add_play_order`` has it."""
    for _, together in groupby(rows, key=itemgetter(1)):
        yield from _sort_tied(list(together), slugs)


def _sort_tied(rows: list[HistoryRow], slugs: Mapping[int, str]) -> list[HistoryRow]:
    if len(rows) > 1:
        rows.sort(key=lambda row: get_numbered_key(row[6], row[4], slugs[row[5]]))

    return rows


def list_around(spans: Mapping[int, Span], *, earlier: int, later: int) -> dict[int, list[Played]]:
    """Return the matches that count from shortly before some times to shortly after, in order of play.

    It takes a query per 5,000 players, and each player a few short walks along an index.

    :param spans: player's id → the first and the last of the times.
    :param earlier: how many matches before the first, with all of the time of the earliest.
    :param later: how many after the last, with all of the time of the latest.
    """
    slugs = _Slugs()
    found: dict[int, list[HistoryRow]] = defaultdict(list)
    for users in in_batches(sorted(spans), PLAYERS_PER_QUERY):
        _read_into(found, _write_around(earlier, later, connection.vendor), _list_spans(users, spans))

    played = {}
    for user, rows, times in _sort_by_time(found):
        # The tables were walked apart: what lies beyond the nearest of both may be missing some of the other.
        before, after = bisect_left(times, spans[user][0]), bisect_right(times, spans[user][1])
        start = bisect_left(times, times[max(before - earlier, 0)]) if earlier and before else before
        end = bisect_right(times, times[min(after + later, len(times)) - 1]) if later else after
        played[user] = _as_played(rows[start:end], slugs)
    return played


def list_latest(asked: Mapping[int, Latest], *, unless_held: Collection[str] = ()) -> dict[int, list[Played]]:
    """Return the latest matches that count, in order of play: of each player as many as asked for at least.

    It takes a query per 5,000 players, and each player one short walk along an index of each table.

    :param unless_held: slugs of achievements: nothing is read of a player who earned all of them before the
        time that is asked with.
    """
    unless = tuple(sorted(unless_held))
    slugs = _Slugs()
    found: dict[int, list[HistoryRow]] = defaultdict(list)
    for users in in_batches(sorted(asked), PLAYERS_PER_QUERY):
        most = max(asked[user].number for user in users)
        parameters = _list_latest_asked([(user, asked[user]) for user in users], most)
        _read_into(found, _write_latest(connection.vendor, unless), parameters)

    played = {}
    for user, rows, times in _sort_by_time(found):
        # The tables were walked apart: beyond so many, rows of one of them may be missing.
        start = bisect_left(times, times[max(len(times) - asked[user].number, 0)])
        played[user] = _as_played(rows[start:], slugs)
    return played


def _read_into(found: dict[int, list[HistoryRow]], query: str, parameters: Sequence[Any]) -> None:
    """Run a query of history rows, and add each to those of its player."""
    with reading_cursor(connection) as cursor:
        cursor.execute(query, parameters)
        for user, played_at, *rest in cursor.fetchall():
            found[user].append((user, _read_time(played_at), *rest))


def _sort_by_time(
    found: Mapping[int, list[HistoryRow]],
) -> Iterator[tuple[int, list[HistoryRow], list[datetime]]]:
    """Yield each player with the rows, sorted by the time of their matches, and these times."""
    for user, rows in found.items():
        rows.sort(key=itemgetter(1))
        yield user, rows, [row[1] for row in rows]


def _as_played(rows: Iterable[HistoryRow], slugs: Mapping[int, str]) -> list[Played]:
    return [(pk, result, at) for _, at, pk, result, *_ in _in_order_of_play(rows, slugs)]


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


#: The players and times that are asked for, as rows.
_LISTED = {
    "postgresql": "SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) "
    "AS listed(player, since, until)",
    "sqlite": "SELECT json_extract(value, '$[0]') AS player, json_extract(value, '$[1]') AS since, "
    "json_extract(value, '$[2]') AS until FROM json_each(%s)",
}
#: The same of ``list_latest``; on SQLite all are asked for as many.
_LATEST_ASKED = {
    "postgresql": "SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::int[]) "
    "AS listed(player, since, number)",
    "sqlite": "SELECT json_extract(value, '$[0]') AS player, json_extract(value, '$[1]') AS since "
    "FROM json_each(%s)",
}
#: What comes before and after all times.
_ENDS = {"postgresql": ("'-infinity'::timestamptz", "'infinity'::timestamptz"), "sqlite": ("''", "'~'")}


def _list_spans(users: Sequence[int], spans: Mapping[int, Span]) -> list[Any]:
    adapt = connection.ops.adapt_datetimefield_value
    since, until = ([adapt(spans[user][end]) for user in users] for end in (0, 1))
    if connection.vendor == "postgresql":
        return [[*users], since, until]
    return [json.dumps([*zip(users, since, until, strict=True)])]


@cache
def _write_around(earlier: int, later: int, vendor: str) -> str:
    walks = [_write_walk(_table(table), earlier, later, vendor) for table in MATCH_TABLES]
    return f"WITH w AS ({_LISTED[vendor]}) {' UNION ALL '.join(walks)}"


def _list_latest_asked(asked: Sequence[tuple[int, Latest]], most: int) -> list[Any]:
    adapt = connection.ops.adapt_datetimefield_value
    since = [str(adapt(latest.since)) for _, latest in asked]
    if connection.vendor == "postgresql":
        return [[user for user, _ in asked], since, [latest.number for _, latest in asked]]
    # The place of the last row cannot be another for each player there.
    return [json.dumps([(user, at) for (user, _), at in zip(asked, since, strict=True)]), most - 1, most - 1]


@cache
def _write_latest(vendor: str, unless: tuple[str, ...]) -> str:
    """Return the query of the latest rows of players, with all of the time of the earliest of them.

    As ``_write_walk`` it can be planned in one way only. A statement that names a table seldom is planned
    soon: of this one that takes longer than to run it.
    """
    listed = _LATEST_ASKED[vendor]
    if unless:
        slugs = ", ".join(literal(slug, connection) for slug in unless)
        held = (
            f"SELECT COUNT(*) FROM {_table(UserAchievement)} held JOIN {_table(Achievement)} entry "
            "ON entry.id = held.achievement_id WHERE held.user_id = asked.player "
            f"AND held.earned_at < asked.since AND entry.slug IN ({slugs})"
        )
        listed = f"SELECT * FROM ({listed}) asked WHERE ({held}) < {len(unless)}"
    walks = [_write_latest_walk(_table(table), vendor) for table in MATCH_TABLES]
    return f"WITH w AS ({listed}) {' UNION ALL '.join(walks)}"


def _write_latest_walk(table: str, vendor: str) -> str:
    of_player = f"FROM {table} WHERE user_id = w.player AND {COUNTS_SQL}"
    if vendor == "postgresql":
        rows = f"SELECT {COLUMNS} {of_player} ORDER BY played_at DESC FETCH FIRST (w.number) ROWS WITH TIES"
        return f"SELECT {_COLUMNS_AS_TEXT} FROM w CROSS JOIN LATERAL ({rows}) m"
    since = f"COALESCE((SELECT played_at {of_player} ORDER BY played_at DESC LIMIT 1 OFFSET %s), '')"
    return (
        f"SELECT {COLUMNS} FROM w CROSS JOIN {table} WHERE user_id = w.player AND {COUNTS_SQL} "
        f"AND played_at >= {since}"
    )


def _write_walk(table: str, earlier: int, later: int, vendor: str) -> str:
    """Return the query of the rows of a table around the times of players ``w``.

    It cannot be planned but as walks along the index (user, played_at): PostgreSQL flattens no subquery with
    OFFSET, and SQLite reorders no CROSS JOIN.
    """
    first, last = _ENDS[vendor]
    of_player = f"FROM {table} WHERE user_id = w.player AND {COUNTS_SQL}"
    since = (
        f"COALESCE((SELECT played_at {of_player} AND played_at < w.since "
        f"ORDER BY played_at DESC LIMIT 1 OFFSET {earlier - 1}), {first})"
    )
    until = (
        f"COALESCE((SELECT played_at {of_player} AND played_at > w.until "
        f"ORDER BY played_at LIMIT 1 OFFSET {later - 1}), {last})"
    )
    low, high = since if earlier else "w.since", until if later else "w.until"
    if vendor == "postgresql":
        rows = f"SELECT {COLUMNS} {of_player} AND played_at >= {low} AND played_at <= {high} OFFSET 0"
        return f"SELECT {_COLUMNS_AS_TEXT} FROM w CROSS JOIN LATERAL ({rows}) m"
    return (
        f"SELECT {COLUMNS} FROM w CROSS JOIN {table} WHERE user_id = w.player AND {COUNTS_SQL} "
        f"AND played_at >= {low} AND played_at <= {high}"
    )


def _read_time(value: datetime | str) -> datetime:
    """Return a time that ``_write_around`` selected: PostgreSQL's text, or the datetime of SQLite."""
    return datetime.fromisoformat(value) if isinstance(value, str) else read_selected_time(value)


def _fetch(cursor: Any) -> Iterator[HistoryRow]:
    while rows := cursor.fetchmany(ROWS_AT_ONCE):
        yield from rows
