"""Many plain rows, read as one JSON document for each column.

PostgreSQL's adapter makes a Python object of each value by itself. For thousands of rows that takes several
times as long as to have the server write a column as one JSON array, and to parse that at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections, models
from django.db.models import BooleanField, Func, QuerySet, Value

from deltacrown.core.pagination import Order, rows_after
from deltacrown.core.prepared import Given, Parameter, bind
from deltacrown.core.told_json import ToldJSONField, may_be_untidy, tidy_numbers

#: What a JSON array gives back as the adapter would.
_AS_IT_IS = (models.CharField, models.TextField, models.IntegerField, models.BooleanField, models.JSONField)


class AmongKeys(Func):
    """Whether a column is one of many integers, which are one text of the statement; for PostgreSQL."""

    template, output_field = "%(expressions)s::bigint[])", BooleanField()
    arg_joiner = " = ANY("

    def __init__(self, column: Any, keys: Sequence[int]) -> None:
        # The adapter would write a list number by number.
        super().__init__(column, Value(f"{{{','.join(map(str, keys))}}}"))


#: The values of one column.
Column = Sequence[Any]


def iterate_columns(sources: Sequence[QuerySet[Any]], *, order: Order, size: int) -> Iterator[list[Column]]:
    """Yield the columns of the rows of all sources together, so many rows at a time.

    A part continues at a position, as in ``pagination.iterate_pages``.

    :param sources: as ``values_list``, of which the columns of the order are the first; the live table before
        its archive.
    :param order: columns of one table, which an index has, none of them descending.
    :raises TypeError: as ``read_rows``.
    """
    firsts = [_Reading(rows_after(source, order, None, is_bounded=True)[:size]) for source in sources]
    after = [Parameter(number) for number in range(len(order))]
    laters = [_Reading(rows_after(source, order, after, is_bounded=True)[:size]) for source in sources]

    tables = list(filter(None, [reading.read() for reading in firsts]))
    while tables:
        columns = tables[0] if len(tables) == 1 else _merge(tables, len(order), size)
        yield columns
        if len(columns[0]) < size:
            return
        position = [column[-1] for column in columns[: len(order)]]
        tables = list(filter(None, [reading.read(*position) for reading in laters]))


def _merge(tables: Sequence[list[Column]], ordered: int, size: int) -> list[Column]:
    """Return the first rows in the order of their first columns.

    Each is there once: one may have moved between two reads.
    """
    by_position = {row[:ordered]: row for columns in tables for row in zip(*columns, strict=True)}
    return list(zip(*(by_position[position] for position in sorted(by_position)[:size]), strict=True))


def read_rows(rows: QuerySet[Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a ``values_list``, in its order; the values are those that it has.

    :raises TypeError: a column is of a type that JSON does not give back as it is, such as a decimal.
    """
    return list(zip(*_Reading(rows).read(), strict=True))


class _Reading:
    """A query for plain rows that is compiled once.

    :raises TypeError: as ``read_rows``.
    """

    def __init__(self, rows: QuerySet[Any]) -> None:
        self._alias = rows.db
        connection = connections[self._alias]
        compiler = rows.query.get_compiler(connection=connection)
        try:
            self._sql, self._params = compiler.as_sql()
        except EmptyResultSet:
            self._sql = ""
            return
        self._by_column = connection.vendor == "postgresql"
        columns = [column for column, *_ in compiler.select]
        if self._by_column:
            self._readers = [_find_reader(column.output_field) for column in columns]
            names = [f"c{number}" for number in range(len(columns))]
            arrays = ", ".join(f"json_agg({name})::text" for name in names)
            self._sql = f"SELECT {arrays} FROM ({self._sql}) AS r ({', '.join(names)})"
        else:
            converters = compiler.get_converters(columns)
            self._convert = partial(compiler.apply_converters, converters=converters)

    def read(self, *values: Given) -> list[Column]:
        """Return the columns of the rows with these values; none if there are no rows."""
        if not self._sql:
            return []
        # Asked for anew: a stream may read one part from the replica and the next from the primary.
        connection = connections[self._alias]
        with connection.cursor() as cursor:
            cursor.execute(self._sql, bind(self._params, values, connection))
            found = cursor.fetchall()
        if not self._by_column:
            return list(zip(*self._convert(found), strict=True))
        [documents] = found
        if documents[0] is None:  # there are no rows
            return []
        return [read(document) for read, document in zip(self._readers, documents, strict=True)]


def _find_reader(field: models.Field[Any, Any]) -> Callable[[str], Column]:
    """Return what reads the values of a column out of its document."""
    if isinstance(field, models.DateTimeField):
        return _read_times
    if isinstance(field, ToldJSONField):
        return _read_told
    if not isinstance(field, _AS_IT_IS) or (isinstance(field, models.JSONField) and field.decoder):
        raise TypeError(f"{field!r} is not read from JSON")
    return json.loads


def _read_times(document: str) -> Column:
    return [text and datetime.fromisoformat(text) for text in json.loads(document)]


def _read_told(document: str) -> Column:
    values: list[Any] = json.loads(document)
    return list(map(tidy_numbers, values)) if may_be_untidy(document) else values
