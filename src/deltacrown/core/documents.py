"""Many plain rows, read as one JSON document for each column.

PostgreSQL's adapter makes a Python object of each value by itself. For thousands of rows that takes several
times as long as to have the server write a column as one JSON array, and to parse that at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import connections, models
from django.db.models import BooleanField, Func, QuerySet, Value

from deltacrown.core.pagination import Order, rows_after

#: What a JSON array gives back as the adapter would.
_AS_IT_IS = (models.CharField, models.TextField, models.IntegerField, models.BooleanField, models.JSONField)


class AmongKeys(Func):
    """Whether a column is one of many integers, which are one value of the statement; for PostgreSQL."""

    template, output_field = "%(expressions)s)", BooleanField()
    arg_joiner = " = ANY("

    def __init__(self, column: Any, keys: Sequence[int]) -> None:
        super().__init__(column, Value(list(keys)))


def iterate_rows(
    sources: Sequence[QuerySet[Any]], *, order: Order, size: int
) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the rows of all sources together, so many at a time, as ``pagination.iterate_pages`` does.

    :param sources: as ``values_list``, of which the columns of the order are the first; the live table before
        its archive.
    :param order: columns of one table, which an index has, none of them descending.
    :raises TypeError: as ``read_rows``.
    """
    position: list[Any] | None = None
    while True:
        remaining = [rows_after(source, order, position, is_bounded=True) for source in sources]
        tables = list(filter(None, [read_rows(source[: size + 1]) for source in remaining]))
        rows = tables[0] if len(tables) == 1 else _merge(tables, len(order))
        yield rows[:size]
        if len(rows) <= size:
            return
        position = list(rows[size - 1][: len(order)])


def _merge(tables: Sequence[list[tuple[Any, ...]]], ordered: int) -> list[tuple[Any, ...]]:
    """Return rows in the order of their first columns, each once: one may have moved between two reads."""
    by_position = {row[:ordered]: row for rows in tables for row in rows}
    return [by_position[position] for position in sorted(by_position)]


def read_rows(rows: QuerySet[Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a ``values_list``, in its order; the values are those that it has.

    :raises TypeError: a column is of a type that JSON does not give back as it is, such as a decimal.
    """
    connection = connections[rows.db]
    if connection.vendor != "postgresql":
        return list(rows)

    compiler = rows.query.get_compiler(connection=connection)
    sql, params = compiler.as_sql()
    converters = [_find_converter(column.output_field) for column, *_ in compiler.select]
    names = [f"c{number}" for number in range(len(converters))]
    arrays = ", ".join(f"json_agg({name})::text" for name in names)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {arrays} FROM ({sql}) AS r ({', '.join(names)})", params)
        documents = cursor.fetchone()
    if documents[0] is None:  # there are no rows
        return []
    return list(zip(*map(_parse, documents, converters), strict=True))


def _parse(document: str, convert: Callable[[Any], Any] | None) -> Iterable[Any]:
    values: list[Any] = json.loads(document)
    return values if convert is None else map(convert, values)


def _find_converter(field: models.Field[Any, Any]) -> Callable[[Any], Any] | None:
    if isinstance(field, models.DateTimeField):
        return _read_time
    if not isinstance(field, _AS_IT_IS) or (isinstance(field, models.JSONField) and field.decoder):
        raise TypeError(f"{field!r} is not read from JSON")
    return None


def _read_time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
