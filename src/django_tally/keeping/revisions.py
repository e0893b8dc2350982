"""The SQL that writes a revision whenever a change moves somebody's number, and what was recorded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from django.db.backends.base.base import BaseDatabaseWrapper

from django_tally.commits import RECORDINGS
from django_tally.feeds import column_of
from django_tally.models import Revision
from django_tally.schema import quote, table_of
from django_tally.sources import Source, find_twin
from django_tally.sql import literal

REVISIONS = table_of(Revision)
COLUMNS = "source, row, owner, recorded_at, changed_at, is_first, old, new, actor, reason, run_id"


class Dialect(Protocol):
    """The parts of the SQL in which databases differ."""

    now: str
    transaction: str
    actor: str
    reason: str

    def image(self, alias: str, columns: list[str]) -> str: ...
    def differ(self, left: str, right: str) -> str: ...


@dataclass(frozen=True)
class Images:
    """SELECTs of the primary keys (as ``pk``) a statement touched, and of the rows before and after it."""

    keys: str
    old: str
    new: str


def revise_sql(
    source: Source,
    images: Images,
    dialect: Dialect,
    connection: BaseDatabaseWrapper,
    *,
    only: str = "",
    run: int | None = None,
) -> str:
    """Return an INSERT of one revision per row and owner whose number the change moved.

    :param only: a condition on ``c``, a change that would be written: its ``row`` and ``owner``.
    :param run: the verification that found the change, where no trigger saw it.
    """
    key, columns = quote(source.key), source.image_columns(connection)
    sides = " UNION ALL ".join(f"SELECT {n} AS side" for n in range(2 * len(source.owner_columns)))
    owner = _owner_sql(source)
    label = literal(source.label, connection)
    changed = (
        f"SELECT DISTINCT COALESCE(o.{key}, n.{key}) AS row, {owner} AS owner, "
        f"COALESCE(o.recorded_at, n.recorded_at) AS recorded_at, "
        f"{dialect.image('o', columns)} AS old, {dialect.image('n', columns)} AS new "
        f"FROM ({images.keys}) b LEFT JOIN ({_measured(source, images.old, connection)}) o ON o.{key} = b.pk "
        f"LEFT JOIN ({_measured(source, images.new, connection)}) n ON n.{key} = b.pk "
        f"CROSS JOIN ({sides}) w "
        f"WHERE {_moves_a_number(source, dialect, connection)}"
    )
    told = f" AND {only}" if only else ""
    return (
        f"INSERT INTO {REVISIONS} ({COLUMNS}) "
        f"SELECT {label}, c.row, c.owner, c.recorded_at, {dialect.now}, "
        f"NOT EXISTS ({_earlier_sql(source, connection)}), c.old, c.new, {dialect.actor}, {dialect.reason}, "
        f"{'NULL' if run is None else int(run)} "
        f"FROM ({changed}) c WHERE c.owner IS NOT NULL{told} ORDER BY c.row, c.owner"
    )


def _earlier_sql(source: Source, connection: BaseDatabaseWrapper, columns: str = "1") -> str:
    return (
        f"SELECT {columns} FROM {REVISIONS} r "
        f"WHERE r.row = c.row AND r.owner = c.owner AND r.source = {literal(source.label, connection)}"
    )


def is_back_sql(source: Source, connection: BaseDatabaseWrapper) -> str:
    """Return a condition on a change ``c``: history tells that the row had been deleted.

    Of any other row that arrives with a time of its own, history tells already that it is there: it was moved
    here from its archive, or from the live table, or comes out of a dump together with its history.
    """
    latest = _earlier_sql(source, connection, "r.new IS NULL")
    return f"({latest} ORDER BY r.id DESC LIMIT 1)"


def moved_sql(source: Source, keys: str, nothing: str, connection: BaseDatabaseWrapper) -> str:
    """Return a SELECT of the rows of the twin table that continue deleted ones: those of the same key.

    A row that is copied and removed, in whichever order one statement does both, goes on to exist.

    :param keys: a SELECT of the keys deleted, as ``pk``.
    :param nothing: a SELECT that finds no row.
    """
    twin = find_twin(source)
    if twin is None:
        return nothing

    theirs = {column_of(twin.model, field.name) for field in twin.model._meta.concrete_fields}
    ours = [column_of(source.model, field.name) for field in source.model._meta.concrete_fields]
    columns = ", ".join(quote(c) if c in theirs else f"NULL AS {quote(c)}" for c in ours)
    found = f"SELECT {columns} FROM {quote(twin.table)} WHERE {quote(twin.key)}"
    if connection.vendor == "sqlite":
        return f"{found} IN ({keys})"
    # LIMIT has each row looked up by its key, also by a plan that was made while the archive was empty.
    return f"SELECT m.* FROM ({keys}) d CROSS JOIN LATERAL ({found} = d.pk LIMIT 1) m"


def record_sql(source: Source, rows: str, dialect: Dialect, connection: BaseDatabaseWrapper) -> str:
    """Return an upsert of the recording that tells which rows this statement recorded.

    :param rows: a SELECT of the columns ``low`` and ``high``, at most one row.
    """
    least, most = ("LEAST", "GREATEST") if connection.vendor == "postgresql" else ("MIN", "MAX")
    label = literal(source.label, connection)
    return (
        f"INSERT INTO {RECORDINGS} "
        f"(source, written_at, transaction_id, first_row, last_row, actor, reason) "
        f"SELECT {label}, {dialect.now}, {dialect.transaction.format(label=label)}, low, high, "
        f"{dialect.actor}, {dialect.reason} "
        f"FROM ({rows}) w WHERE true ON CONFLICT (written_at, source, transaction_id) DO UPDATE SET "
        f"first_row = {least}(COALESCE({RECORDINGS}.first_row, excluded.first_row), excluded.first_row), "
        f"last_row = {most}(COALESCE({RECORDINGS}.last_row, excluded.last_row), excluded.last_row)"
    )


def record_change_sql(
    source: Source, dialect: Dialect, connection: BaseDatabaseWrapper, *, only: str = "true"
) -> str:
    """Return an upsert of the recording that tells when a statement that changed rows was committed."""
    label = literal(source.label, connection)
    return (
        f"INSERT INTO {RECORDINGS} (source, written_at, transaction_id, actor, reason) "
        f"SELECT {label}, {dialect.now}, {dialect.transaction.format(label=label)}, "
        f"{dialect.actor}, {dialect.reason} WHERE {only} "
        f"ON CONFLICT (written_at, source, transaction_id) DO UPDATE SET source = excluded.source"
    )


def _owner_sql(source: Source) -> str:
    named = [f"{alias}.{quote(column)}" for column in source.owner_columns for alias in ("o", "n")]
    return "CASE w.side " + " ".join(f"WHEN {n} THEN {name}" for n, name in enumerate(named)) + " END"


def _measured(source: Source, rows: str, connection: BaseDatabaseWrapper) -> str:
    """Return ``rows`` with what each adds, feed by feed, as ``t0``, ``t1`` …"""
    sums = source.contributions(connection).values()
    return "SELECT r.*, " + ", ".join(f"{sql} AS t{n}" for n, sql in enumerate(sums)) + f" FROM ({rows}) r"


def _positions(
    source: Source, connection: BaseDatabaseWrapper
) -> Iterator[tuple[tuple[str, ...], list[int]]]:
    """Yield, per feed, its keys' and times' columns, and the numbers of its contributions in `_measured`."""
    names = list(source.contributions(connection))
    for feed in source.feeds:
        label = f"{feed.holder._meta.label} {feed.source_keys}"
        columns = (*feed.source_key_columns, *feed.happened_columns)
        yield columns, [n for n, (owner, _) in enumerate(names) if owner == label]


def _moves_a_number(source: Source, dialect: Dialect, connection: BaseDatabaseWrapper) -> str:
    """Return a condition: what the row adds changed, or to whose number it adds it, or as of when."""
    conditions = []
    for columns, numbers in _positions(source, connection):
        changed = " OR ".join(f"COALESCE(o.t{n}, 0) <> COALESCE(n.t{n}, 0)" for n in numbers)
        rekeyed = " OR ".join(dialect.differ(f"o.{quote(c)}", f"n.{quote(c)}") for c in columns)
        counts = " OR ".join(f"o.t{n} <> 0 OR n.t{n} <> 0" for n in numbers)
        conditions.append(f"{changed} OR (({rekeyed}) AND ({counts}))")
    return " OR ".join(conditions)
