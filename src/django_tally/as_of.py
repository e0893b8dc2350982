"""What a number was at an earlier time: as it is now, less every change since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, cast

from django.db import connection, models
from django.db.models.expressions import Col
from django.db.models.sql import Query

from django_tally.commits import Cut
from django_tally.feeds import Model, get_key_columns, get_stats
from django_tally.fields import DerivedStat, Stat
from django_tally.history import REPAIRS, REVISIONS, StatOf
from django_tally.rows import UnknownStat
from django_tally.schema import quote, table_of
from django_tally.sources import history_label
from django_tally.sql import literal


def get_as_of(holder: Model, name: str, at: datetime, keys: Mapping[str, int]) -> int | Decimal | None:
    """Return the number ``name`` as this database showed it at ``at``.

    One statement, one snapshot. A row counts from the time its recording was committed, whenever what it
    tells of happened; before the holder's row existed every count is 0.

    :raises UnknownStat: when ``holder`` declares no such number.
    """
    field = find_number(holder, name)
    shown = number_sql(field)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {shown} FROM ({_numbers_sql(holder, at, keys, shown)}) h")
        row = cursor.fetchone()
    return read_number(field, row[0])


def list_components(holder: Model, name: str) -> list[Stat]:
    """Return the counted stats that the number ``name`` is made of.

    They are the number itself, or what a derived one is computed from.

    :raises UnknownStat: when ``holder`` declares no such number.
    """
    field = find_number(holder, name)
    if isinstance(field, Stat):
        return [field]

    query = Query(holder, alias_cols=False)
    expression = cast("Any", field).expression.resolve_expression(query, allow_joins=False)
    columns = set(_find_columns(expression))
    return [stat for stat in get_stats(holder) if stat.column in columns]


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


def _numbers_sql(holder: Model, at: datetime, keys: Mapping[str, int], shown: str) -> str:
    """Return the counted numbers that ``shown`` reads, as they were, as one row of columns."""
    cut = Cut(at, connection)
    # Whole numbers: PostgreSQL sums into decimals, with which a rate would be rounded otherwise.
    columns = []
    for stat in get_stats(holder):
        column = quote(str(stat.column))
        if column in shown:
            since = _since_sql(StatOf(holder, stat, keys), cut)
            columns.append(f"CAST(COALESCE(c.{column}, 0) - ({since}) AS bigint) AS {column}")

    pairs = zip(get_key_columns(holder), keys.values(), strict=True)
    where = " AND ".join(f"c.{quote(column)} = {int(value)}" for column, value in pairs)
    return f"SELECT {', '.join(columns)} FROM (SELECT 1) one LEFT JOIN {table_of(holder)} c ON {where}"


def _since_sql(number: StatOf, cut: Cut) -> str:
    """Return what was added since: by rows recorded since, and by changes since to rows recorded before."""
    rows = [_recorded_since(number, model, cut) for model in number.by_model]
    revisions = [_revised_since(number, label, model, cut) for label, model in number.by_label.items()]
    return " + ".join([*rows, *revisions, _repaired_since(number, cut)])


def _recorded_since(number: StatOf, model: Model, cut: Cut) -> str:
    key = f"t.{quote(str(model._meta.pk.column))}"
    since = cut.is_after("t.recorded_at", history_label(model), row=key)
    return (
        f"COALESCE((SELECT SUM({number.row_delta(model)}) FROM {table_of(model)} t "
        f"WHERE ({number.is_mine(model)}) AND {since}), 0)"
    )


def _revised_since(number: StatOf, label: str, model: Model, cut: Cut) -> str:
    changed, recorded = (
        cut.is_after("r.changed_at", label),
        cut.is_after("r.recorded_at", label, row="r.row"),
    )
    return (
        f"COALESCE((SELECT SUM({number.image_delta(model, 'new')} - {number.image_delta(model, 'old')}) "
        f"FROM {REVISIONS} r "
        f"WHERE {number.revised(label)} AND {changed} AND NOT COALESCE({recorded}, false)), 0)"
    )


def _repaired_since(number: StatOf, cut: Cut) -> str:
    since = " - ".join(
        f"COALESCE((SELECT SUM(r.unexplained) FROM {REPAIRS} r "
        f"WHERE {number.is_repaired()} AND {column} > {cut.at}), 0)"
        for column in ("r.changed_at", "r.since")
    )
    return f"({since})"


def read_number(field: models.Field[Any, Any], value: Any) -> int | Decimal | None:
    """Convert what the database computed for ``field``, to its decimal places."""
    output = field.output_field if isinstance(field, DerivedStat) else field
    if value is None:
        return None
    if isinstance(output, models.DecimalField):
        return Decimal(str(value)).quantize(Decimal(1).scaleb(-output.decimal_places))
    return int(value)
