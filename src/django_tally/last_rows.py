"""What a number comes to over the last so many rows before each of many times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import reduce
from operator import add
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.expressions import RawSQL

from django_tally.database_clock import in_utc
from django_tally.feeds import Model
from django_tally.fields import Stat
from django_tally.numbers import find_number, list_components, number_sql, read_number
from django_tally.recounting import add_when, list_counting
from django_tally.schema import quote
from django_tally.sql import literal, select_sql

#: Before when the last rows are looked for, and when the first of them happened.
UPTO = RawSQL("e.upto", (), output_field=models.DateTimeField())
SINCE = RawSQL("e.since", (), output_field=models.DateTimeField())


@dataclass(frozen=True)
class LastRows:
    """What a number comes to over the last rows before a time.

    :param rows: how many there are, at most as many as were asked for.
    """

    rows: int
    value: int | Decimal | None


def read_last_rows(
    holder: Model,
    name: str,
    keys: Mapping[str, int],
    ends: Sequence[datetime | None],
    rows: Sequence[QuerySet[Any]],
    *,
    order: Sequence[str],
    count: int,
) -> list[LastRows]:
    """Return what the number ``name`` comes to over the last ``count`` of ``rows`` before each of ``ends``.

    One statement. Before each end it finds in an index since when the last ``count`` rows happened. By the
    rest of ``order``, which may be costly, only those of that very time are told apart.

    :param keys: a value for each of the holder's keys.
    :param ends: ``None`` for after all rows.
    :param rows: of one source table each.
    :param order: the names by which all of them are sorted, latest first; the first is the column that says
        when a fact happened.
    :raises ValueError: for a datetime without a time zone.
    """
    if not ends:
        return []

    reading = _Reading(list_components(holder, name), keys, tuple(order), count)
    field = find_number(holder, name)
    with connection.cursor() as cursor:
        cursor.execute(reading.write(ends, rows, number_sql(field)))
        found = cursor.fetchall()
    return [LastRows(int(n), read_number(field, value)) for _, n, value in sorted(found, key=_place)]


def _place(row: Sequence[Any]) -> int:
    return int(row[0])


@dataclass(frozen=True)
class _Reading:
    """The statement that reads the last rows before some times."""

    stats: Sequence[Stat]
    keys: Mapping[str, int]
    order: tuple[str, ...]
    count: int

    def write(self, ends: Sequence[datetime | None], rows: Sequence[QuerySet[Any]], shown: str) -> str:
        """Return the statement: per end its place, the number of rows, and the number ``shown``."""
        sums = {"n": "COUNT(*)"} | {f"t{n}": f"SUM(d{n})" for n in range(len(self.stats))}
        # Whole numbers: PostgreSQL sums into decimals, with which a rate would be rounded otherwise.
        parts = ", ".join(
            f"CAST(COALESCE(s.t{n}, 0) AS bigint) AS {quote(str(stat.column))}"
            for n, stat in enumerate(self.stats)
        )
        last = self._write_latest(_list_selects(self._select_rows(each) for each in rows))
        # Materialised: SQLite would search for the time anew wherever it is named.
        return (
            f"WITH ends (place, upto) AS (VALUES {_write_ends(ends)}), "
            f"e AS MATERIALIZED (SELECT e.place, e.upto, ({self._write_since(rows)}) AS since FROM ends e) "
            f"SELECT h.place, h.n, {shown} FROM "
            f"(SELECT s.place, s.n, {parts} FROM ({_sum_each(sums, last)}) s) h"
        )

    def _write_since(self, rows: Sequence[QuerySet[Any]]) -> str:
        """Return a SELECT of when the first of the last rows before ``e.upto`` happened."""
        times = _list_selects(self._select_times(each) for each in rows)
        return f"SELECT MIN(o0) FROM ({self._write_latest(times, order=self.order[:1])}) t"

    def _write_latest(self, selects: Sequence[str], order: Sequence[str] | None = None) -> str:
        """Return a SELECT of the last rows of all ``selects`` together."""
        if not selects:
            columns = [f"d{n}" for n in range(len(self.stats))] + ["o0"]
            return f"SELECT {', '.join(f'0 AS {each}' for each in columns)} WHERE 1 = 0"

        sources = " UNION ALL ".join(f"SELECT * FROM ({each}) q" for each in selects)
        latest_first = ", ".join(
            f"o{n} DESC" if name.startswith("-") else f"o{n}"
            for n, name in enumerate(self.order if order is None else order)
        )
        return f"SELECT * FROM ({sources}) u ORDER BY {latest_first} LIMIT {int(self.count)}"

    def _select_times(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        latest, *_ = self.order
        before = rows.filter(**{f"{self._happened}__lt": UPTO}).order_by(latest)
        return before.values(o0=F(self._happened))[: self.count]

    def _select_rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        terms = {f"d{n}": self._write_term(stat, rows.model) for n, stat in enumerate(self.stats)}
        # All that happened later than the first of them are among the last, in whichever order.
        is_first = Q(**{self._happened: SINCE})
        order = {
            f"o{n}": Case(When(is_first, then=F(name.lstrip("-")))) for n, name in enumerate(self.order) if n
        }
        within = {f"{self._happened}__gte": SINCE, f"{self._happened}__lt": UPTO}
        return rows.filter(**within).order_by().values(**terms, o0=F(self._happened), **order)

    @property
    def _happened(self) -> str:
        return self.order[0].lstrip("-")

    def _write_term(self, stat: Stat, model: Model) -> Any:
        """Return what one row adds to a part, for the ORM."""
        terms = [add_when(*each) for each in list_counting(stat, model, self.keys)]
        return reduce(add, terms, Value(0, output_field=models.BigIntegerField()))


def _list_selects(rows: Iterable[QuerySet[Any]]) -> list[str]:
    found = []
    for each in rows:
        # Filters may leave nothing, which is no SQL.
        with suppress(EmptyResultSet):
            found.append(select_sql(each, connection))
    return found


def _sum_each(sums: Mapping[str, str], last: str) -> str:
    """Return a SELECT of the sums over ``last``, for each end."""
    if connection.vendor == "postgresql":
        summed = ", ".join(f"{sql} AS {name}" for name, sql in sums.items())
        return f"SELECT e.place, l.* FROM e CROSS JOIN LATERAL (SELECT {summed} FROM ({last}) r) l"

    # SQLite has no LATERAL: what it selects may look around, what it selects from may not.
    each = ", ".join(f"(SELECT {sql} FROM ({last}) r) AS {name}" for name, sql in sums.items())
    return f"SELECT e.place, {each} FROM e"


def _write_ends(ends: Sequence[datetime | None]) -> str:
    return ", ".join(f"({place}, {_write_end(end)})" for place, end in enumerate(ends))


def _write_end(end: datetime | None) -> str:
    at = None if end is None else connection.ops.adapt_datetimefield_value(in_utc(end))
    if connection.vendor == "postgresql":
        return f"{literal(at or 'infinity', connection)}::timestamptz"

    # Times are text there; this one is after all of them.
    return literal(at or "~", connection)
