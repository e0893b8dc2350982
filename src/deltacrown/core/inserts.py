"""Insert rows of one model. On PostgreSQL many go as arrays: values are parsed one by one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Field, Model
from django.db.models.expressions import DatabaseDefault

from django_tally.batches import in_batches
from django_tally.keeping.maintainer import TRIGGERS, get_maintainer

M = TypeVar("M", bound=Model)

ROWS_PER_INSERT = 5_000
#: Of so few rows the values themselves are written sooner than their arrays.
FEW_ROWS = 3


def insert_rows(rows: Sequence[M], *, ignores_conflicts: bool = False) -> list[M]:
    """Insert rows in the order given, set their keys, and return them; as ``bulk_create`` does.

    Columns that the database fills for all rows get their value there. A statement per 5,000 rows.

    :param ignores_conflicts: leave out rows that are there by a unique key; keys are not set then.
    """
    for batch in in_batches(rows, ROWS_PER_INSERT):
        fields = [field for field in batch[0]._meta.concrete_fields if not _is_filled(field, batch)]
        # An array has no place for a default, which only some of the rows have.
        if _takes_arrays() and not any(_has_default(field, batch) for field in fields):
            _insert_arrays(batch, fields, ignores_conflicts=ignores_conflicts)
        else:
            type(batch[0])._base_manager.bulk_create(batch, ignore_conflicts=ignores_conflicts)

    return [*rows]


def _takes_arrays() -> bool:
    """Return whether rows go as arrays. The maintainer ``signals`` sees only what the ORM inserts."""
    return connection.vendor == "postgresql" and get_maintainer() == TRIGGERS


def _insert_arrays(
    rows: Sequence[Model], fields: Sequence[Field[Any, Any]], *, ignores_conflicts: bool
) -> None:
    database = connections[DEFAULT_DB_ALIAS]
    columns = [[field.get_db_prep_save(_read(row, field), database) for row in rows] for field in fields]
    number = len(rows) if len(rows) <= FEW_ROWS else 0
    values = [value for row in zip(*columns, strict=True) for value in row] if number else columns
    statement = _write_insert(type(rows[0]), tuple(fields), number, ignores_conflicts)
    with database.cursor() as cursor:
        cursor.execute(statement, values)
        if ignores_conflicts:
            return
        for row, (pk,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = pk
            row._state.adding, row._state.db = False, database.alias


@cache
def _write_insert(
    model: type[Model], fields: tuple[Field[Any, Any], ...], number: int, ignores_conflicts: bool
) -> str:
    """Return the statement that inserts rows: arrays of them, or ``number`` of them where it is not 0."""
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    if number:
        row = f"({', '.join('%s' for _ in fields)})"
        rows = f"VALUES {', '.join([row] * number)}"
    else:
        # Without the length of a type: text that is too long must be refused, not cut.
        types = [str(field.db_type(connection)).split("(")[0] for field in fields]
        rows = f"SELECT * FROM unnest({', '.join(f'%s::{each}[]' for each in types)})"
    end = "ON CONFLICT DO NOTHING" if ignores_conflicts else f"RETURNING {quote(str(model._meta.pk.column))}"
    return f"INSERT INTO {quote(model._meta.db_table)} ({columns}) {rows} {end}"


def _read(row: Model, field: Field[Any, Any]) -> Any:
    """Return the value of a column; of a foreign key to a row that was saved since it was set, too."""
    value = getattr(row, field.attname)
    if value is None and field.is_relation and field.is_cached(row):  # type: ignore[attr-defined]
        value = getattr(getattr(row, field.name), "pk", None)
        setattr(row, field.attname, value)
    return value


def _is_filled(field: Field[Any, Any], rows: Sequence[Model]) -> bool:
    """Return whether the database fills a column of all these rows: a key that is not set, or a default."""
    values = [row.__dict__.get(field.attname) for row in rows]
    if field.primary_key:
        return all(value is None for value in values)
    return field.generated or all(isinstance(value, DatabaseDefault) for value in values)


def _has_default(field: Field[Any, Any], rows: Sequence[Model]) -> bool:
    return any(isinstance(row.__dict__.get(field.attname), DatabaseDefault) for row in rows)
