"""Finding drift: cached numbers that differ from what their sources say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from django_tally.feeds import Model, get_key_columns, get_stat_columns, get_stats, list_feeds
from django_tally.schema import quote, table_of
from django_tally.sql import feed_truth_sql


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
    holder: Model, *, first_keys: Sequence[int] | None = None, using: str = "default"
) -> list[Drift]:
    """Compare every number of ``holder`` with a recount, in one statement: one snapshot, no locks.

    Since cached numbers change in the transaction of their source rows, a snapshot holds both
    sides of every change: concurrent writers cause no false finding.

    :param first_keys: restrict to rows whose first key is one of these.
    """
    connection = connections[using]
    if first_keys is not None and not first_keys:
        return []
    with connection.cursor() as cursor:
        cursor.execute(drift_sql(holder, connection, first_keys))
        rows = cursor.fetchall()
    return [drift for row in rows for drift in _read_row(holder, row)]


def count_numbers(holder: Model, *, first_keys: Sequence[int] | None = None, using: str = "default") -> int:
    """Return how many cached numbers a verification of ``holder`` compares."""
    rows = holder._base_manager.using(using)
    if first_keys is not None:
        rows = rows.filter(**{f"{get_key_columns(holder)[0]}__in": first_keys})
    return rows.count() * len(get_stats(holder))


def drift_sql(holder: Model, connection: BaseDatabaseWrapper, first_keys: Sequence[int] | None) -> str:
    """Return a SELECT of the keys whose cached numbers differ from the sums of their sources."""
    columns = get_stat_columns(holder)
    keys = ", ".join(quote(c) for c in get_key_columns(holder))
    numbers = ", ".join(str(int(key)) for key in first_keys or ())
    only = "{key} IN (%s)" % numbers if numbers else ""  # noqa: UP031 - the braces are for later
    parts = [_cached_sql(holder, columns, keys, only)]
    for feed in list_feeds(holder):
        pairs = ", ".join(f"0, {quote(c) if c in feed.columns else '0'}" for c in columns)
        truth = feed_truth_sql(feed, connection, only.format(key=quote(feed.source_key_columns[0])))
        parts.append(f"SELECT {keys}, 0, {pairs} FROM ({truth}) f")
    sums = ", ".join(f"SUM({quote('cached_' + c)}), SUM({quote('actual_' + c)})" for c in columns)
    wrong = " OR ".join(f"SUM({quote('cached_' + c)}) <> SUM({quote('actual_' + c)})" for c in columns)
    rows = " UNION ALL ".join(parts)
    return (
        f"SELECT {keys}, SUM(present), {sums} FROM ({rows}) u GROUP BY {keys} HAVING {wrong} ORDER BY {keys}"
    )


def _cached_sql(holder: Model, columns: list[str], keys: str, only: str) -> str:
    pairs = ", ".join(f"{quote(c)} AS {quote('cached_' + c)}, 0 AS {quote('actual_' + c)}" for c in columns)
    where = " WHERE " + only.format(key=quote(get_key_columns(holder)[0])) if only else ""
    return f"SELECT {keys}, 1 AS present, {pairs} FROM {table_of(holder)}{where}"


def _read_row(holder: Model, row: Sequence[int]) -> list[Drift]:
    width = len(get_key_columns(holder))
    keys, present, numbers = tuple(int(key) for key in row[:width]), row[width], row[width + 1 :]
    found = []
    for position, stat in enumerate(get_stats(holder)):
        cached, actual = int(numbers[2 * position]), int(numbers[2 * position + 1])
        if cached != actual:
            found.append(Drift(holder, keys, stat.name, cached if present else None, actual))
    return found
