"""The statement that reads a number over periods: each source table once, in the order of an index.

The bounds of all periods cut time into pieces that do not overlap. What each piece adds is read once; a
period is the difference of two running totals.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from typing import Any

from django.db import connection

from django_tally.commits import Cut
from django_tally.declarations import Contribution, Rule, all_of, drop_rules, share_rules
from django_tally.feeds import Model, column_of
from django_tally.fields import Stat
from django_tally.narrowing import Among, is_among
from django_tally.schema import quote, table_of
from django_tally.sources import history_label
from django_tally.sql import condition_sql, contribution_sql, literal
from django_tally.stat_sql import REPAIRS, REVISIONS, StatOf, any_owned_sql, owned_sql

#: From when on, and up to but without when; ``None`` where that end is open.
Bounds = tuple[datetime | None, datetime | None]


def write_reading(
    holder: Model,
    stats: Sequence[Stat],
    keys: Mapping[str, int],
    asked: Sequence[Bounds],
    shown: str,
    *,
    known_at: datetime | None,
    among: Among,
) -> str:
    """Return the statement that reads ``stats`` of one holder row over periods.

    It returns a row for each of ``asked``: its place in them, ``shown`` and the stats.

    :param shown: SQL over the columns of ``stats``.
    """
    return _Reading(holder, stats, keys, _list_cuts(asked), known_at, among).write(asked, shown)


def _list_cuts(asked: Sequence[Bounds]) -> list[Bounds]:
    """Return the shortest periods of which all of ``asked`` consist, in order, without gaps."""
    ends = {end for bounds in asked for end in bounds if end is not None}
    bounds: list[datetime | None] = []
    bounds.extend(sorted(ends))
    if any(since is None for since, _ in asked):
        bounds.insert(0, None)
    if any(until is None for _, until in asked):
        bounds.append(None)
    return list(pairwise(bounds)) or [(None, None)]


@dataclass(frozen=True)
class _Table:
    """The contributions of one source table that happened by one column, per part."""

    model: Model
    happened_at: str
    by_part: tuple[tuple[Contribution, ...], ...]

    @cached_property
    def everything(self) -> list[Contribution]:
        return [contribution for found in self.by_part for contribution in found]

    @property
    def happened(self) -> str:
        return quote(column_of(self.model, self.happened_at))


@dataclass(frozen=True)
class _Reading:
    """The statement that reads periods of one number, part by part."""

    holder: Model
    stats: Sequence[Stat]
    keys: Mapping[str, int]
    cuts: Sequence[Bounds]
    known_at: datetime | None
    among: Among

    def write(self, asked: Sequence[Bounds], shown: str) -> str:
        """Return the statement: per period its place, the number ``shown``, and its parts."""
        places = range(len(self.stats))
        sums = ", ".join(f"SUM(SUM(d{n})) OVER (ORDER BY cut_n) AS t{n}" for n in places)
        # Whole numbers: PostgreSQL sums into decimals, with which a rate would be rounded otherwise.
        parts = ", ".join(
            f"CAST(COALESCE(u.t{n}, 0) - COALESCE(s.t{n}, 0) AS bigint) AS {quote(str(stat.column))}"
            for n, stat in enumerate(self.stats)
        )
        columns = ", ".join(f"h.{quote(str(stat.column))}" for stat in self.stats)
        nothing = ", ".join(f"0 AS d{n}" for n in places)
        moved = " UNION ALL ".join([f"SELECT cut_n, {nothing} FROM cuts", *self._list_moves()])
        return (
            f"WITH cuts (cut_n, cut_since, cut_until) AS (VALUES {self._write_cuts()}), "
            f"asked (place, before, upto) AS (VALUES {self._write_asked(asked)}), "
            f"moved AS ({moved}), "
            f"totals AS (SELECT cut_n, {sums} FROM moved GROUP BY cut_n) "
            f"SELECT h.place, {shown}, {columns} FROM (SELECT a.place, {parts} FROM asked a "
            f"LEFT JOIN totals u ON u.cut_n = a.upto LEFT JOIN totals s ON s.cut_n = a.before) h"
        )

    def _write_cuts(self) -> str:
        # What no time lies before or after, written as the database compares it: SQLite compares text.
        first, last = ("-infinity", "infinity") if connection.vendor == "postgresql" else ("", "~")
        cast_to = "::timestamptz" if connection.vendor == "postgresql" else ""
        # Each cut begins where the one before it ends.
        bounds = {at for cut in self.cuts for at in cut if at is not None}
        written = {at: _write_time(at) for at in bounds}
        ends = [
            (
                literal(first, connection) + cast_to if since is None else written[since],
                literal(last, connection) + cast_to if until is None else written[until],
            )
            for since, until in self.cuts
        ]
        return ", ".join(f"({n}, {since}, {until})" for n, (since, until) in enumerate(ends))

    def _write_asked(self, asked: Sequence[Bounds]) -> str:
        starts = {since: n for n, (since, _) in enumerate(self.cuts)}
        stops = {until: n for n, (_, until) in enumerate(self.cuts)}
        # A bound that starts no cut is the last, one that ends none the first: nothing lies between.
        after = len(self.cuts)
        rows = [(starts.get(since, after) - 1, stops.get(until, -1)) for since, until in asked]
        return ", ".join(
            f"({place}, {before}, {max(before, upto)})" for place, (before, upto) in enumerate(rows)
        )

    def _list_moves(self) -> Iterator[str]:
        """Yield SELECTs of what moved each part, per cut."""
        for table in self._list_tables():
            yield self._read_rows(table)
        if self.known_at is None:
            return

        cut = Cut(self.known_at, connection)
        for table in self._list_histories():
            for image, sign in (("new", "-"), ("old", "")):
                yield self._read_images(table, image, sign, cut)
        for place, stat in enumerate(self.stats):
            yield self._read_repairs(place, stat, cut)

    def _list_tables(self) -> list[_Table]:
        return _group([stat.contributions for stat in self.stats])

    def _list_histories(self) -> list[_Table]:
        """Return what images are read as: those of a live table and its archive are rows of one table."""
        read_as = [StatOf(self.holder, stat, self.keys).by_label.values() for stat in self.stats]
        return _group(
            [
                tuple(each for each in stat.contributions if each.model in models)
                for stat, models in zip(self.stats, read_as, strict=True)
            ]
        )

    def _read_rows(self, table: _Table) -> str:
        shared = share_rules(table.everything)
        conditions = [
            f"({any_owned_sql(table.everything, self.keys)})",
            condition_sql(table.model, all_of(shared), connection) if shared else "1 = 1",
            f"t.{table.happened} >= c.cut_since AND t.{table.happened} < c.cut_until",
        ]
        if self.known_at is not None:
            recorded = Cut(self.known_at, connection).is_after(
                "t.recorded_at",
                history_label(table.model),
                row=f"t.{quote(str(table.model._meta.pk.column))}",
            )
            conditions.append(f"NOT COALESCE({recorded}, false)")
        if table.model in self.among:
            conditions.append(is_among(table.model, self.among[table.model]))

        sums = ", ".join(
            f"{self._write_sum(table, found, tuple(shared))} AS d{n}" for n, found in enumerate(table.by_part)
        )
        where = " AND ".join(conditions)
        if connection.vendor == "postgresql":
            # Each cut is an index scan of its own, whatever the planner knows of the table.
            read = f"SELECT {sums} FROM {table_of(table.model)} t WHERE {where}"
            return f"SELECT c.cut_n, s.* FROM cuts c CROSS JOIN LATERAL ({read}) s"

        # SQLite takes the tables of a CROSS JOIN in the order in which they are written.
        return (
            f"SELECT c.cut_n, {sums} FROM cuts c CROSS JOIN {table_of(table.model)} t "
            f"WHERE {where} GROUP BY c.cut_n"
        )

    def _read_images(self, table: _Table, image: str, sign: str, cut: Cut) -> str:
        """Return what revisions since changed of rows recorded before: ``old`` images count again."""
        label = history_label(table.model)
        changed = cut.is_after("r.changed_at", label)
        recorded = cut.is_after("r.recorded_at", label, row="r.row")
        revised = StatOf(self.holder, self.stats[0], self.keys).revised(label)
        where = f"{revised} AND {changed} AND NOT COALESCE({recorded}, false)"
        columns = [column_of(table.model, field.name) for field in table.model._meta.concrete_fields]
        if connection.vendor == "postgresql":
            record = f"jsonb_populate_record(NULL::{table_of(table.model)}, r.{image})"
            rows = f"SELECT i.* FROM {REVISIONS} r CROSS JOIN LATERAL {record} i WHERE {where}"
        else:
            read = ", ".join(f"json_extract(r.{image}, '$.{c}') AS {quote(c)}" for c in columns)
            rows = f"SELECT {read} FROM {REVISIONS} r WHERE {where}"

        terms = [self._write_term(found, ()) for found in table.by_part]
        sums = ", ".join(f"{sign}COALESCE(SUM({term}), 0) AS d{n}" for n, term in enumerate(terms))
        within = f"i.{table.happened} >= c.cut_since AND i.{table.happened} < c.cut_until"
        return f"SELECT c.cut_n, {sums} FROM ({rows}) i JOIN cuts c ON {within} GROUP BY c.cut_n"

    def _read_repairs(self, place: int, stat: Stat, cut: Cut) -> str:
        """Return what no row tells of and a repair changed later: it was amiss since last known right."""
        number = StatOf(self.holder, stat, self.keys)
        zeros = ["0" for _ in self.stats]
        zeros[place] = "-COALESCE(SUM(r.unexplained), 0)"
        sums = ", ".join(f"{term} AS d{n}" for n, term in enumerate(zeros))
        within = "r.since >= c.cut_since AND r.since < c.cut_until"
        amiss = f"r.since <= {cut.at} AND r.changed_at > {cut.at}"
        return (
            f"SELECT c.cut_n, {sums} FROM {REPAIRS} r JOIN cuts c ON {within} "
            f"WHERE {number.is_repaired()} AND {amiss} GROUP BY c.cut_n"
        )

    def _write_sum(
        self, table: _Table, contributions: Sequence[Contribution], shared: tuple[Rule, ...]
    ) -> str:
        """Return what all rows of a table that meet ``shared`` add to a part.

        Rows are counted where each adds the same: a database does so in half the time that a sum of ones
        takes. Whose they are is asked once where all contributions name the same columns.
        """
        is_owned_once = len({owned_sql(each, self.keys) for each in table.everything}) == 1
        terms = []
        for each in contributions:
            rest = drop_rules(each, shared)
            rules = f"({condition_sql(table.model, rest.where, connection)})" if rest.rules else ""
            asked = " AND ".join(filter(None, ["" if is_owned_once else owned_sql(each, self.keys), rules]))
            only = f" FILTER (WHERE {asked})" if asked else ""
            if isinstance(each.value, int):
                terms.append(f"COUNT(*){only}" if each.value == 1 else f"COUNT(*){only} * {each.value}")
            else:
                added = contribution_sql(drop_rules(each, each.rules), connection)
                terms.append(f"COALESCE(SUM({added}){only}, 0)")
        return " + ".join(terms) or "0"

    def _write_term(self, contributions: Sequence[Contribution], shared: tuple[Any, ...]) -> str:
        """Return what one row that meets ``shared`` adds to a part."""
        terms = [
            f"CASE WHEN {owned_sql(each, self.keys)} THEN "
            f"{contribution_sql(drop_rules(each, shared), connection)} ELSE 0 END"
            for each in contributions
        ]
        return " + ".join(terms) or "0"


def _group(by_part: Sequence[Sequence[Contribution]]) -> list[_Table]:
    """Return contributions, part by part, by their table and the column by which they happened."""
    named = dict.fromkeys((each.model, each.happened_at) for part in by_part for each in part)
    return [
        _Table(
            model,
            column,
            tuple(
                tuple(each for each in part if (each.model, each.happened_at) == (model, column))
                for part in by_part
            ),
        )
        for model, column in named
    ]


def _write_time(at: datetime) -> str:
    # As the adapter of PostgreSQL writes it, which takes longer than all else that a series of days takes.
    if connection.vendor == "postgresql":
        return f"'{at}'::timestamptz"
    return literal(connection.ops.adapt_datetimefield_value(at), connection)
