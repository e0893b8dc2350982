"""The SQL that writes a revision whenever a change moves somebody's number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from django.db.backends.base.base import BaseDatabaseWrapper

from django_tally.models import Revision
from django_tally.schema import quote
from django_tally.sources import Source, find_twin
from django_tally.sql import literal

COLUMNS = "source, row, owner, recorded_at, changed_at, is_first, old, new, actor, reason"


class Dialect(Protocol):
    """The parts of the SQL in which databases differ."""

    now: str
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


def revise_sql(source: Source, images: Images, dialect: Dialect, connection: BaseDatabaseWrapper) -> str:
    """Return an INSERT of one revision per row and owner whose number the change moved.

    A row that goes to its archive, or comes back, under the same id with the same keys and the same
    contributions is a move, not a change: it leaves none.
    """
    key, columns = quote(source.key), source.image_columns(connection)
    sides = " UNION ALL ".join(f"SELECT {n} AS side" for n in range(2 * len(source.owner_columns)))
    owner = _owner_sql(source)
    earlier = (
        f"SELECT 1 FROM {quote(Revision._meta.db_table)} r "
        f"WHERE r.row = c.row AND r.owner = c.owner AND r.source = {literal(source.label, connection)}"
    )
    changed = (
        f"SELECT DISTINCT COALESCE(o.{key}, n.{key}) AS row, {owner} AS owner, "
        f"COALESCE(o.recorded_at, n.recorded_at) AS recorded_at, "
        f"{dialect.image('o', columns)} AS old, {dialect.image('n', columns)} AS new "
        f"FROM ({images.keys}) b LEFT JOIN ({_measured(source, images.old, connection)}) o ON o.{key} = b.pk "
        f"LEFT JOIN ({_measured(source, images.new, connection)}) n ON n.{key} = b.pk "
        f"CROSS JOIN ({sides}) w "
        f"WHERE ({_moves_a_number(source, dialect, connection)}){_is_no_move(source, connection)}"
    )
    return (
        f"INSERT INTO {quote(Revision._meta.db_table)} ({COLUMNS}) "
        f"SELECT {literal(source.label, connection)}, c.row, c.owner, c.recorded_at, {dialect.now}, "
        f"NOT EXISTS ({earlier}), c.old, c.new, {dialect.actor}, {dialect.reason} "
        f"FROM ({changed}) c WHERE c.owner IS NOT NULL ORDER BY c.row, c.owner"
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
    """Yield, per feed, its key columns and the numbers of its contributions in :func:`_measured`."""
    names = list(source.contributions(connection))
    for feed in source.feeds:
        label = f"{feed.holder._meta.label} {feed.source_keys}"
        yield feed.source_key_columns, [n for n, (owner, _) in enumerate(names) if owner == label]


def _moves_a_number(source: Source, dialect: Dialect, connection: BaseDatabaseWrapper) -> str:
    conditions = []
    for keys, numbers in _positions(source, connection):
        changed = " OR ".join(f"COALESCE(o.t{n}, 0) <> COALESCE(n.t{n}, 0)" for n in numbers)
        rekeyed = " OR ".join(dialect.differ(f"o.{quote(key)}", f"n.{quote(key)}") for key in keys)
        counts = " OR ".join(f"o.t{n} <> 0 OR n.t{n} <> 0" for n in numbers)
        conditions.append(f"{changed} OR (({rekeyed}) AND ({counts}))")
    return " OR ".join(conditions)


def _is_no_move(source: Source, connection: BaseDatabaseWrapper) -> str:
    twin = find_twin(source)
    if twin is None:
        return ""
    ours, theirs = list(source.contributions(connection)), list(twin.contributions(connection))
    shared = [(ours.index(name), theirs.index(name)) for name in ours if name in theirs]
    keys = sorted({column for feed in source.feeds for column in feed.source_key_columns})
    same = [f"t.{quote(key)} = COALESCE(o.{quote(key)}, n.{quote(key)})" for key in keys]
    same += [f"t.t{there} = COALESCE(o.t{here}, n.t{here})" for here, there in shared]
    row = f"COALESCE(o.{quote(source.key)}, n.{quote(source.key)})"
    table = f"SELECT * FROM {quote(twin.table)} WHERE {quote(twin.key)} = {row}"
    alone = f"(o.{quote(source.key)} IS NULL OR n.{quote(source.key)} IS NULL)"
    moved = f"SELECT 1 FROM ({_measured(twin, table, connection)}) t WHERE {' AND '.join(same)}"
    return f" AND NOT ({alone} AND EXISTS ({moved}))"
