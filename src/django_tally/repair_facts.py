"""What history needs to know of the numbers that one batch of repairs set, in one statement for them all."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connection

from django_tally.commits import is_recorded_sql
from django_tally.database_clock import read_datetime
from django_tally.declarations import Contribution
from django_tally.feeds import (
    Feed,
    Model,
    column_of,
    get_contributions,
    get_stat_keys,
    get_stats,
    list_feeds,
)
from django_tally.fields import Stat
from django_tally.models import Run
from django_tally.schema import quote, table_of
from django_tally.sources import history_label
from django_tally.sql import column_sql, literal
from django_tally.stat_sql import REVISIONS

#: The keys of a holder row, and the name of one of its numbers.
Number = tuple[tuple[int, ...], str]

#: Stands for the owners in a statement that is written once and run for every batch.
OWNERS = ":owners:"
#: Stands for the keys of holder rows, a tuple each.
ROWS = ":rows:"
#: Ends an EXISTS that is looked up for each row. PostgreSQL makes a join of any other: with a table that was
#: filled since it was last analysed, one that reads all of it for each row.
ALONE = " LIMIT 1 OFFSET 0"
#: A time that is not there; typed, since times are read beside it in the same statement.
_NO_TIME = "CAST(NULL AS timestamptz)"
#: Columns of a revision beside those of an image, under names that no image has.
_OWNER, _RECORDED = "tally_owner", "tally_recorded_at"


def read_first_changes(holder: Model, numbers: Collection[Number]) -> dict[Number, datetime]:
    """Return when the earliest row that adds to each of ``numbers`` was recorded.

    A row that was changed begins as its first revision tells. What no row ever added to is left out. So are
    rows that no trigger saw: revisions tell of them as soon as their owner is repaired.
    """
    found: dict[Number, datetime] = {}
    if not numbers:
        return found
    asked, rows = {stat for _, stat in numbers}, sorted({keys for keys, _ in numbers})
    stats = tuple(stat for stat in get_stats(holder) if stat.name in asked)
    statement = _write_beginnings(holder, get_contributions(holder), stats)
    statement = statement.replace(OWNERS, _list(sorted({keys[0] for keys in rows})))
    statement = statement.replace(ROWS, ", ".join(f"({_list(keys)})" for keys in rows))
    for keys, stat, value in _read(holder, stats, statement):
        time = read_datetime(value)
        found[keys, stat] = min(time, found.get((keys, stat), time))
    return found


def is_revised_sql(row: str, label: str, *, owner: str = "") -> str:
    """Return a condition: the row with this key has a revision, or one of ``owner``.

    It can be served by the index that begins with the row, and by no other: those of an owner find all his
    revisions, of which one run may have written a hundred thousand since the table was last analysed.
    """
    only = f" AND r.owner + 0 = {owner}" if owner else ""
    return (
        f"EXISTS (SELECT 1 FROM {REVISIONS} r WHERE r.row = {row} "
        f"AND r.source || '' = {literal(label, connection)}{only}{ALONE})"
    )


def read_found_changes(run: Run, holder: Model, owners: Sequence[int]) -> dict[Number, int]:
    """Return what the revisions that ``run`` wrote change each number of ``owners`` by; 0 is left out."""
    found: dict[Number, int] = {}
    stats = get_stats(holder)
    parts = [
        _group(
            stats,
            feed,
            _images_sql(feed, _list(owners), image, f"r.run_id = {int(run.pk)}"),
            sign + "SUM({})",
            "CAST(NULL AS bigint)",
        )
        for feed in _list_told(list_feeds(holder))
        for image, sign in (("new", ""), ("old", "-"))
    ]
    for keys, stat, value in _read(holder, stats, " UNION ALL ".join(parts)):
        found[keys, stat] = found.get((keys, stat), 0) + int(value)
    return {number: value for number, value in found.items() if value}


@lru_cache(maxsize=256)
def _write_beginnings(
    holder: Model,
    contributions: tuple[Contribution, ...],  # noqa: ARG001 - part of the key
    stats: Sequence[Stat],
) -> str:
    """Return the statement for ``OWNERS`` and ``ROWS``, written once for as long as the same is declared."""
    columns = {stat.column for stat in stats}
    feeds = [feed for feed in list_feeds(holder) if not columns.isdisjoint(feed.columns)]
    told = list(_list_told(feeds))
    return " UNION ALL ".join(
        part for feed in feeds for part in _list_beginnings(stats, feed, is_told=feed in told)
    )


def _read(holder: Model, stats: Sequence[Stat], statement: str) -> Iterator[tuple[tuple[int, ...], str, Any]]:
    """Yield keys, stat and value of each value that the statement gives."""
    width = len(get_stat_keys(holder))
    with connection.cursor() as cursor:
        cursor.execute(statement)
        for row in cursor.fetchall():
            keys = tuple(int(key) for key in row[:width])
            for stat, value in zip(stats, row[width:], strict=True):
                if value is not None:
                    yield keys, stat.name, value


def _list_told(feeds: Sequence[Feed]) -> Iterator[Feed]:
    """Yield each feed that images of revisions are read as: of a live table and its archive, the first."""
    seen = set()
    for feed in feeds:
        told = (history_label(feed.source), feed.source_keys)
        if told not in seen:
            seen.add(told)
            yield feed


def _list_beginnings(stats: Sequence[Stat], feed: Feed, *, is_told: bool) -> Iterator[str]:
    """Yield SELECTs of the earliest recording per key: of rows never revised, and of those that were."""
    table, key = table_of(feed.source), quote(str(feed.source._meta.pk.column))
    columns = feed.source_key_columns
    owned = " AND ".join(f"t.{quote(column)} = k.column{n}" for n, column in enumerate(columns, start=1))
    label = history_label(feed.source)
    recorded = is_recorded_sql("t", key, label, connection, ending=ALONE)
    revised = is_revised_sql(f"t.{key}", label, owner=f"t.{quote(columns[0])}")
    # Looked up per number: rows are read in the order of their recording until one adds something.
    first = (
        f"(SELECT t.recorded_at FROM {table} t WHERE {owned} AND ({{}}) <> 0 "
        f"AND {recorded} AND NOT {revised} ORDER BY t.recorded_at LIMIT 1)"
    )
    firsts = [
        first.format(column_sql(feed, str(stat.column), connection))
        if stat.column in feed.columns
        else _NO_TIME
        for stat in stats
    ]
    keys = [f"k.column{n}" for n, _ in enumerate(columns, start=1)]
    yield f"SELECT {', '.join(keys + firsts)} FROM (VALUES {ROWS}) k"
    if is_told:
        first_images = _images_sql(feed, OWNERS, "old", "r.is_first")
        earliest = "MIN(CASE WHEN ({}) <> 0 THEN " + _RECORDED + " END)"
        yield _group(stats, feed, first_images, earliest, _NO_TIME)


def _images_sql(feed: Feed, owners: str, image: str, which: str) -> str:
    """Return a SELECT of an image of revisions of rows that were, by it, the owner's they are told of."""
    label = literal(history_label(feed.source), connection)
    told = f"r.source = {label} AND r.owner IN ({owners}) AND r.{image} IS NOT NULL AND {which}"
    beside = f"r.owner AS {_OWNER}, r.recorded_at AS {_RECORDED}"
    if connection.vendor == "postgresql":
        rows = (
            f"SELECT i.*, {beside} FROM {REVISIONS} r CROSS JOIN LATERAL "
            f"jsonb_populate_record(NULL::{table_of(feed.source)}, r.{image}) i WHERE {told}"
        )
    else:
        columns = [column_of(feed.source, field.name) for field in feed.source._meta.concrete_fields]
        shown = ", ".join(f"json_extract(r.{image}, '$.{c}') AS {quote(c)}" for c in columns)
        rows = f"SELECT {shown}, {beside} FROM {REVISIONS} r WHERE {told}"
    return f"SELECT * FROM ({rows}) own WHERE {quote(feed.source_key_columns[0])} = {_OWNER}"


def _group(stats: Sequence[Stat], feed: Feed, rows: str, aggregate: str, nothing: str) -> str:
    """Return a SELECT, per key of ``rows``, of ``aggregate`` over what a row adds to each number."""
    keys = [quote(column) for column in feed.source_key_columns]
    terms = [
        aggregate.format(column_sql(feed, str(stat.column), connection))
        if stat.column in feed.columns
        else nothing
        for stat in stats
    ]
    owned = " AND ".join(f"{key} IS NOT NULL" for key in keys)
    return f"SELECT {', '.join(keys + terms)} FROM ({rows}) w WHERE {owned} GROUP BY {', '.join(keys)}"


def _list(owners: Sequence[int]) -> str:
    return ", ".join(str(int(owner)) for owner in owners)
