"""Finding drift: cached numbers that differ from what their sources say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from django_tally.feeds import Model, get_key_columns, get_stat_columns, get_stats
from django_tally.fields import Stat
from django_tally.recount_sql import Recounting
from django_tally.schema import quote, table_of

#: What stands where a holder has fewer keys or numbers than another; typed, since it may come first.
NOTHING = "CAST(NULL AS bigint)"


@dataclass(frozen=True)
class Drift:
    """One wrong number.

    :param keys: the values of the holder's key columns.
    :param cached: what the holder says; ``None`` when it has no row for these keys.
    :param actual: what the sources say.
    """

    holder: Model
    keys: tuple[int, ...]
    stat: str
    cached: int | None
    actual: int


def find_drift(
    *holders: Model, first_keys: Sequence[int] | None = None, using: str = "default"
) -> list[Drift]:
    """Compare every number of ``holders`` with a recount, in one statement: one snapshot, no locks.

    Since cached numbers change in the transaction of their source rows, a snapshot holds both
    sides of every change: concurrent writers cause no false finding.

    :param first_keys: restrict to rows whose first key is one of these.
    """
    connection = connections[using]
    if first_keys is not None and not first_keys:
        return []
    with connection.cursor() as cursor:
        cursor.execute(drift_sql(holders, connection, first_keys))
        rows = cursor.fetchall()
    stats = [get_stats(holder) for holder in holders]
    found = [drift for row in rows for drift in _read_row(holders[row[0]], stats[row[0]], row[1:])]
    return sorted(found, key=lambda drift: (holders.index(drift.holder), drift.keys))


def count_numbers(holder: Model, *, first_keys: Sequence[int] | None = None, using: str = "default") -> int:
    """Return how many cached numbers a verification of ``holder`` compares."""
    rows = holder._base_manager.using(using)
    if first_keys is not None:
        rows = rows.filter(**{f"{get_key_columns(holder)[0]}__in": first_keys})
    return rows.count() * len(get_stats(holder))


def drift_sql(
    holders: Sequence[Model], connection: BaseDatabaseWrapper, first_keys: Sequence[int] | None
) -> str:
    """Return a SELECT of the keys whose cached numbers differ from the sums of their sources.

    A row has the place of its holder, the keys (as many as the holder with most has), whether the holder has
    a row for them, and of each number what is cached and what is so.
    """
    only = "{key} IN (%s)" % ", ".join(str(int(key)) for key in first_keys) if first_keys else ""  # noqa: UP031 - the braces are for later
    recounting = Recounting(holders, connection, only)
    compare = _join_sql if connection.vendor == "postgresql" else _add_up_sql
    width = max(len(get_key_columns(holder)) for holder in holders)
    most = max(len(get_stats(holder)) for holder in holders)
    parts = []
    for place, holder in enumerate(holders):
        keys = [f"k{n}" for n, _ in enumerate(get_key_columns(holder))]
        numbers = [f"cached{n}, actual{n}" for n, _ in enumerate(get_stats(holder))]
        keys += [NOTHING] * (width - len(keys))
        numbers += [f"{NOTHING}, {NOTHING}"] * (most - len(numbers))
        shown = ", ".join([str(place), *keys, "present", *numbers])
        parts.append(f"SELECT {shown} FROM ({compare(holder, recounting, only)}) d{place}")
    return f"WITH {recounting.tables} {' UNION ALL '.join(parts)}"


def _join_sql(holder: Model, recounting: Recounting, only: str) -> str:
    """Return the comparison as joins: nothing is added up twice, and each join can only be a hash or a merge.

    Full joins, so that a row that is missing and one whose sources are all gone are both found.
    """
    keys, columns = get_key_columns(holder), get_stat_columns(holder)
    where = " WHERE " + only.format(key=quote(keys[0])) if only else ""
    listed = ", ".join(map(quote, (*keys, *columns)))
    joined = f"(SELECT {listed} FROM {table_of(holder)}{where}) h"
    aliases = ["h"]
    actual: dict[str, list[str]] = {column: [] for column in columns}
    for place, (relation, terms) in enumerate(recounting.list_relations(holder)):
        alias = f"r{place}"
        on = " AND ".join(f"{alias}.{quote(key)} = {_first_of(aliases, key)}" for key in keys)
        joined += f" FULL JOIN ({relation}) {alias} ON {on}"
        for column, term in terms.items():
            actual[column].append(f"COALESCE({alias}.{term}, 0)")
        aliases.append(alias)
    found = [(f"COALESCE(h.{quote(column)}, 0)", " + ".join(actual[column])) for column in columns]
    shown = [f"{_first_of(aliases, key)} AS k{n}" for n, key in enumerate(keys)]
    shown.append(f"CASE WHEN h.{quote(keys[0])} IS NULL THEN 0 ELSE 1 END AS present")
    shown += [f"{old} AS cached{n}, {new} AS actual{n}" for n, (old, new) in enumerate(found)]
    wrong = " OR ".join(f"{old} <> {new}" for old, new in found)
    return f"SELECT {', '.join(shown)} FROM {joined} WHERE {wrong}"


def _first_of(aliases: Sequence[str], key: str) -> str:
    named = ", ".join(f"{alias}.{quote(key)}" for alias in aliases)
    return f"COALESCE({named})" if len(aliases) > 1 else named


def _add_up_sql(holder: Model, recounting: Recounting, only: str) -> str:
    """Return the comparison as sums, for databases that join in loops only."""
    keys, columns = get_key_columns(holder), get_stat_columns(holder)
    listed = ", ".join(map(quote, keys))
    where = " WHERE " + only.format(key=quote(keys[0])) if only else ""
    pairs = ", ".join(f"{quote(column)} AS c{n}, 0 AS a{n}" for n, column in enumerate(columns))
    parts = [f"SELECT {listed}, 1 AS present, {pairs} FROM {table_of(holder)}{where}"]
    for relation, terms in recounting.list_relations(holder):
        added = ", ".join(f"0, {terms.get(column, '0')}" for column in columns)
        parts.append(f"SELECT {listed}, 0, {added} FROM ({relation}) r")
    shown = [f"{quote(key)} AS k{n}" for n, key in enumerate(keys)]
    shown.append("SUM(present) AS present")
    shown += [f"SUM(c{n}) AS cached{n}, SUM(a{n}) AS actual{n}" for n, _ in enumerate(columns)]
    wrong = " OR ".join(f"SUM(c{n}) <> SUM(a{n})" for n, _ in enumerate(columns))
    return f"SELECT {', '.join(shown)} FROM ({' UNION ALL '.join(parts)}) u GROUP BY {listed} HAVING {wrong}"


def _read_row(holder: Model, stats: Sequence[Stat], row: Sequence[int]) -> list[Drift]:
    width = len(get_key_columns(holder))
    values = [value for value in row if value is not None]
    keys, present, numbers = tuple(int(key) for key in values[:width]), values[width], values[width + 1 :]
    found = []
    for position, stat in enumerate(stats):
        cached, actual = int(numbers[2 * position]), int(numbers[2 * position + 1])
        if cached != actual:
            found.append(Drift(holder, keys, stat.name, cached if present else None, actual))
    return found
