"""Insert rows of one model. On PostgreSQL many go as arrays: values are parsed one by one.

Writing a value takes the processor longer here than reading it takes the server, so it is written once where
many rows have it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, JSONField, Model
from django.db.models.expressions import DatabaseDefault

from django_tally.batches import in_batches
from django_tally.keeping.maintainer import TRIGGERS, get_maintainer

M = TypeVar("M", bound=Model)

ROWS_PER_INSERT = 5_000
#: Of so few rows the values themselves are written sooner than their arrays.
FEW_ROWS = 3
#: Types of which equal values are written alike.
PLAIN = frozenset({str, int, bool, datetime, type(None)})


def insert_rows(rows: Sequence[M], *, ignores_conflicts: bool = False) -> list[M]:
    """Insert rows in the order given, set their keys, and return them; as ``bulk_create`` does.

    Columns that the database fills for all rows get their value there. A statement per 5,000 rows.

    :param ignores_conflicts: leave out rows that are there by a unique key; keys are not set then.
    """
    for batch in in_batches(rows, ROWS_PER_INSERT):
        said = [row.__dict__ for row in batch]
        columns = {
            field: [row.get(name) for row in said]
            for field in batch[0]._meta.concrete_fields
            for name in [field.attname]
        }
        given = {field: values for field, values in columns.items() if not _is_filled(field, values)}
        # An array has no place for a default, which only some of the rows have.
        if _takes_arrays() and not any(DatabaseDefault in map(type, values) for values in given.values()):
            _insert_arrays(batch, given, ignores_conflicts=ignores_conflicts)
        else:
            type(batch[0])._base_manager.bulk_create(batch, ignore_conflicts=ignores_conflicts)

    return [*rows]


def _takes_arrays() -> bool:
    """Return whether rows go as arrays. The maintainer ``signals`` sees only what the ORM inserts."""
    return connection.vendor == "postgresql" and get_maintainer() == TRIGGERS


def _insert_arrays(
    rows: Sequence[Model], columns: dict[Field[Any, Any], list[Any]], *, ignores_conflicts: bool
) -> None:
    database = connections[DEFAULT_DB_ALIAS]
    for field, values in columns.items():
        if field.is_relation and None in values:
            columns[field] = [_read_related(row, field) for row in rows]
    number = len(rows) if len(rows) <= FEW_ROWS else 0
    shared: tuple[Field[Any, Any], ...] = ()
    if number:
        prepared = [_prepare(field, values, database) for field, values in columns.items()]
        parameters = [value for row in zip(*prepared, strict=True) for value in row]
    else:
        # One array at least says how many rows there are.
        _, *others = columns
        shared = tuple(field for field in others if _is_one(columns[field]))
        parameters = [
            _prepare(field, values[:1], database)[0] if field in shared else _write(field, values, database)
            for field, values in sorted(columns.items(), key=lambda item: item[0] not in shared)
        ]
    statement = _write_insert(type(rows[0]), tuple(columns), shared, number, ignores_conflicts)
    with database.cursor() as cursor:
        cursor.execute(statement, parameters)
        if ignores_conflicts:
            return
        for row, (pk,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = pk
            row._state.adding, row._state.db = False, database.alias


@lru_cache(maxsize=1_000)
def _write_insert(
    model: type[Model],
    fields: tuple[Field[Any, Any], ...],
    shared: tuple[Field[Any, Any], ...],
    number: int,
    ignores_conflicts: bool,
) -> str:
    """Return the statement that inserts rows: arrays of them, or ``number`` of them where it is not 0.

    :param shared: the columns that are the same in all rows, given once, before the arrays.
    """
    quote = connection.ops.quote_name
    if number:
        row = f"({', '.join('%s' for _ in fields)})"
        rows = f"VALUES {', '.join([row] * number)}"
    else:
        # Without the length of a type: text that is too long must be refused, not cut.
        types = {field: str(field.db_type(connection)).split("(")[0] for field in fields}
        fields = tuple(sorted(fields, key=lambda field: field not in shared))
        arrays = ", ".join(f"%s::{types[field]}[]" for field in fields if field not in shared)
        alike = "".join(f"%s::{types[field]}, " for field in fields if field in shared)
        rows = f"SELECT {alike}given.* FROM unnest({arrays}) AS given"
    columns = ", ".join(quote(str(field.column)) for field in fields)
    end = "ON CONFLICT DO NOTHING" if ignores_conflicts else f"RETURNING {quote(str(model._meta.pk.column))}"
    return f"INSERT INTO {quote(model._meta.db_table)} ({columns}) {rows} {end}"


def _is_one(values: Sequence[Any]) -> bool:
    """Return whether all rows have the same value in a column. Of another type an equal one is another."""
    is_plain = type(values[0]) in PLAIN and values.count(values[0]) == len(values)
    return is_plain and len(set(map(type, values))) == 1


def _prepare(field: Field[Any, Any], values: Iterable[Any], database: BaseDatabaseWrapper) -> list[Any]:
    """Return values as the database's adapter takes them."""
    return [field.get_db_prep_save(value, database) for value in values]


def _write(field: Field[Any, Any], values: Sequence[Any], database: BaseDatabaseWrapper) -> Any:
    """Return the values of a column as an array: written at once where they are plain, else as a list."""
    kinds = set(map(type, values)) - {type(None)}
    if isinstance(field, JSONField) and kinds <= {dict, list}:
        encoder = field.encoder
        texts = (value if value is None else json.dumps(value, cls=encoder) for value in values)
        return _join("NULL" if text is None else _escape(text) for text in texts)
    if len(kinds) > 1 or not kinds <= PLAIN:
        return _prepare(field, values, database)

    # Hardly a column has as many values as rows.
    distinct = [*dict.fromkeys(values)]
    prepared = _prepare(field, distinct, database)
    if not {*map(type, prepared)} <= WRITTEN.keys():
        known = dict(zip(distinct, prepared, strict=True))
        return [known[value] for value in values]
    written = {value: WRITTEN[type(each)](each) for value, each in zip(distinct, prepared, strict=True)}
    return _join(map(written.__getitem__, values))


def _join(elements: Iterable[str]) -> str:
    """Return an array as PostgreSQL reads it."""
    return f"{{{','.join(elements)}}}"


def _escape(text: str) -> str:
    """Return a text as an element of an array."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


#: How values are written as elements of an array, by type.
WRITTEN: dict[type, Callable[[Any], str]] = {
    str: _escape,
    int: str,
    bool: str,
    datetime: lambda moment: f'"{moment}"',
    type(None): lambda _: "NULL",
}


def _read_related(row: Model, field: Field[Any, Any]) -> Any:
    """Return the key of a row that a foreign key refers to, also of one that was saved since it was set."""
    value = getattr(row, field.attname)
    if value is None and field.is_cached(row):  # type: ignore[attr-defined]
        value = getattr(getattr(row, field.name), "pk", None)
        setattr(row, field.attname, value)
    return value


def _is_filled(field: Field[Any, Any], values: Sequence[Any]) -> bool:
    """Return whether the database fills a column of all these rows: a key that is not set, or a default."""
    if field.primary_key:
        return values.count(None) == len(values)
    return field.generated or set(map(type, values)) == {DatabaseDefault}
