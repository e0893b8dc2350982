"""What history needs to know of the numbers that one batch of repairs set, in one statement for them all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connection

from django_tally.database_clock import read_datetime
from django_tally.declarations import Contribution
from django_tally.feeds import (
    Feed,
    Model,
    column_of,
    get_contributions,
    get_stat_columns,
    get_stat_keys,
    get_stats,
    list_feeds,
)
from django_tally.models import Run
from django_tally.schema import quote, table_of
from django_tally.sources import history_label
from django_tally.sql import column_sql, literal
from django_tally.stat_sql import REVISIONS

#: The keys of a holder row, and the name of one of its numbers.
Number = tuple[tuple[int, ...], str]

#: Stands for the owners in a statement that is written once and run for every batch.
OWNERS = ":owners:"
#: A time that is not there; typed, since times are read beside it in the same statement.
_NO_TIME = "CAST(NULL AS timestamptz)"
#: Columns of a revision beside those of an image, under names that no image has.
_OWNER, _RECORDED = "tally_owner", "tally_recorded_at"


def read_first_changes(holder: Model, owners: Sequence[int]) -> dict[Number, datetime]:
    """Return when the earliest row that adds to each number of ``owners`` was recorded.

    A row that was changed begins as its first revision tells. What no row ever added to is left out.
    """
    found: dict[Number, datetime] = {}
    statement = _write_beginnings(holder, get_contributions(holder)).replace(OWNERS, _list(owners))
    for keys, stat, value in _read(holder, statement):
        time = read_datetime(value)
        found[keys, stat] = min(time, found.get((keys, stat), time))
    return found


def read_found_changes(run: Run, holder: Model, owners: Sequence[int]) -> dict[Number, int]:
    """Return what the revisions that ``run`` wrote change each number of ``owners`` by; 0 is left out."""
    found: dict[Number, int] = {}
    parts = [
        _group(
            holder,
            feed,
            _images_sql(feed, _list(owners), image, f"r.run_id = {int(run.pk)}"),
            sign + "SUM({})",
            "CAST(NULL AS bigint)",
        )
        for feed in _list_told(holder)
        for image, sign in (("new", ""), ("old", "-"))
    ]
    for keys, stat, value in _read(holder, " UNION ALL ".join(parts)):
        found[keys, stat] = found.get((keys, stat), 0) + int(value)
    return {number: value for number, value in found.items() if value}


@lru_cache(maxsize=32)
def _write_beginnings(holder: Model, contributions: tuple[Contribution, ...]) -> str:  # noqa: ARG001 - part of the key
    """Return the statement of ``OWNERS``, written once for as long as the same is declared."""
    parts = [part for feed in list_feeds(holder) for part in _list_beginnings(holder, feed, OWNERS)]
    return " UNION ALL ".join(parts)


def _read(holder: Model, statement: str) -> Iterator[tuple[tuple[int, ...], str, Any]]:
    """Yield keys, stat and value of each value that the statement gives."""
    width, stats = len(get_stat_keys(holder)), get_stats(holder)
    with connection.cursor() as cursor:
        cursor.execute(statement)
        for row in cursor.fetchall():
            keys = tuple(int(key) for key in row[:width])
            for stat, value in zip(stats, row[width:], strict=True):
                if value is not None:
                    yield keys, stat.name, value


def _list_told(holder: Model) -> Iterator[Feed]:
    """Yield each feed that images of revisions are read as: of a live table and its archive, the first."""
    seen = set()
    for feed in list_feeds(holder):
        told = (history_label(feed.source), feed.source_keys)
        if told not in seen:
            seen.add(told)
            yield feed


def _list_beginnings(holder: Model, feed: Feed, owners: str) -> Iterator[str]:
    """Yield SELECTs of the earliest recording per key: of rows never revised, and of those that were."""
    owner, key = quote(feed.source_key_columns[0]), quote(str(feed.source._meta.pk.column))
    label = literal(history_label(feed.source), connection)
    revised = (
        f"SELECT 1 FROM {REVISIONS} r WHERE r.row = t.{key} AND r.owner = t.{owner} AND r.source = {label}"
    )
    unchanged = (
        f"SELECT t.*, t.recorded_at AS {_RECORDED} FROM {table_of(feed.source)} t "
        f"WHERE t.{owner} IN ({owners}) AND NOT EXISTS ({revised})"
    )
    yield _group(holder, feed, unchanged, "MIN(CASE WHEN ({}) <> 0 THEN " + _RECORDED + " END)", _NO_TIME)
    if feed in list(_list_told(holder)):
        firsts = _images_sql(feed, owners, "old", "r.is_first")
        yield _group(holder, feed, firsts, "MIN(CASE WHEN ({}) <> 0 THEN " + _RECORDED + " END)", _NO_TIME)


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


def _group(holder: Model, feed: Feed, rows: str, aggregate: str, nothing: str) -> str:
    """Return a SELECT, per key of ``rows``, of ``aggregate`` over what a row adds to each number."""
    keys = [quote(column) for column in feed.source_key_columns]
    terms = [
        aggregate.format(column_sql(feed, column, connection)) if column in feed.columns else nothing
        for column in get_stat_columns(holder)
    ]
    owned = " AND ".join(f"{key} IS NOT NULL" for key in keys)
    return f"SELECT {', '.join(keys + terms)} FROM ({rows}) w WHERE {owned} GROUP BY {', '.join(keys)}"


def _list(owners: Sequence[int]) -> str:
    return ", ".join(str(int(owner)) for owner in owners)
