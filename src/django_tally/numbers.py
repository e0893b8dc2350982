"""A holder's numbers by name: the counted stats each is made of, and its SQL over their columns."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any, cast

from django.db import connection, models
from django.db.models.expressions import Col
from django.db.models.sql import Query

from django_tally.feeds import Model, get_stats
from django_tally.fields import DerivedStat, Stat
from django_tally.rows import UnknownStat
from django_tally.schema import quote
from django_tally.sql import literal


def list_components(holder: Model, name: str) -> list[Stat]:
    """Return the counted stats that the number ``name`` is made of.

    They are the number itself, or what a derived one is computed from.

    :raises UnknownStat: when ``holder`` declares no such number.
    """
    return list(_find_components(holder, name))


@cache
def _find_components(holder: Model, name: str) -> tuple[Stat, ...]:
    field = find_number(holder, name)
    if isinstance(field, Stat):
        return (field,)

    query = Query(holder, alias_cols=False)
    expression = cast("Any", field).expression.resolve_expression(query, allow_joins=False)
    columns = set(_find_columns(expression))
    return tuple(stat for stat in get_stats(holder) if stat.column in columns)


def _find_columns(expression: Any) -> Iterator[str]:
    """Yield the columns that a resolved expression reads."""
    if isinstance(expression, Col):
        yield str(expression.target.column)

    for source in expression.get_source_expressions():
        if source is not None:
            yield from _find_columns(source)


def find_number(holder: Model, name: str) -> Stat | DerivedStat:
    """Return the declared number called ``name``.

    :raises UnknownStat: when ``holder`` declares no such number.
    """
    for field in holder._meta.concrete_fields:
        if field.name == name and isinstance(field, Stat | DerivedStat):
            return field
    raise UnknownStat(f"{holder._meta.object_name} has no number called {name!r}.")


@cache
def number_sql(field: Stat | DerivedStat) -> str:
    """Return the number as SQL over the bare columns of its holder."""
    if isinstance(field, Stat):
        return quote(str(field.column))
    sql, params = field.generated_sql(connection)
    return str(sql % tuple(literal(param, connection) for param in params))


def read_number(field: models.Field[Any, Any], value: Any) -> int | Decimal | None:
    """Convert what the database computed for ``field``, to its decimal places."""
    output = field.output_field if isinstance(field, DerivedStat) else field
    if value is None:
        return None
    if isinstance(output, models.DecimalField):
        return Decimal(str(value)).quantize(Decimal(1).scaleb(-output.decimal_places))
    return int(value)
