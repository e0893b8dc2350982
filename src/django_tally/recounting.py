"""Recount a number, counted or derived, over any of its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache, reduce
from operator import add, or_
from typing import Any, NamedTuple

from django.db import connection, models
from django.db.models import Case, Count, F, Min, Q, QuerySet, Sum, Value, When
from django.db.models.expressions import Expression
from django.db.models.functions import Coalesce

from django_tally.database_clock import read_datetime
from django_tally.declarations import Contribution, drop_rules, share_rules
from django_tally.feeds import Model
from django_tally.fields import Stat
from django_tally.numbers import find_number, list_components, number_sql, read_number
from django_tally.rows import get_counted_stat
from django_tally.schema import quote

Parts = Mapping[str, int]


@dataclass(frozen=True)
class Recount:
    """What some rows come to.

    :param rows: how many of them the number counts; for a derived number, the stat it names in ``rows_of``.
    :param parts: name → value of each counted stat the number is made of.
    :param value: the number.
    :param first_at: when the first fact that the number counts happened; ``None`` where it counts none, or
        where nobody asked.
    """

    rows: int
    parts: Parts
    value: int | Decimal | None
    first_at: datetime | None


def list_rows_behind(holder: Model, name: str, **keys: Any) -> list[QuerySet[Any]]:
    """Return every row that the number ``name`` depends on, a queryset per source model.

    For a counted stat these are its rows; for a derived one, the rows of each stat it is computed from too.

    :param keys: a value for each of the holder's keys.
    """
    grouped: dict[Model, list[Contribution]] = {}

    for stat in [get_counted_stat(holder, name), *list_components(holder, name)]:
        for contribution in stat.contributions:
            grouped.setdefault(contribution.model, []).append(contribution)

    return [source._base_manager.filter(find_any(found, keys)) for source, found in grouped.items()]


def recount(
    holder: Model, name: str, querysets: Iterable[QuerySet[Any]], *, with_first: bool = True, **keys: Any
) -> Recount:
    """Return what the number ``name`` would be if its sources had only the rows of ``querysets``.

    Each part is counted by its own declaration, and a derived number is computed from the parts by the
    database, by its own expression. One statement, one snapshot: a row that is moved to the archive
    meanwhile is counted once.

    :param with_first: also when the first fact happened; each queryset is then searched for it as well, which
        an index answers where all rows are asked for.
    :param keys: a value for each of the holder's keys.
    """
    return _read(holder, name, *_write(holder, name, querysets, keys, with_first=with_first))


def recount_all(holder: Model, name: str, *, with_first: bool = True, **keys: Any) -> Recount:
    """As ``recount``, of all rows: the statement is written once.

    :param keys: the value of each of the holder's keys, as their columns have it.
    """
    sql, params = _write_all(holder, name, tuple(keys), with_first, connection.alias)
    return _read(holder, name, sql, [keys[each.name] if isinstance(each, _Key) else each for each in params])


class _Key(NamedTuple):
    """Stands in a statement for the value of a key."""

    name: str


@cache
def _write_all(
    holder: Model, name: str, keys: tuple[str, ...], with_first: bool, _: str
) -> tuple[str, list[Any]]:
    named = {key: Value(_Key(key)) for key in keys}
    return _write(holder, name, list_rows_behind(holder, name, **named), named, with_first=with_first)


def _write(
    holder: Model, name: str, querysets: Iterable[QuerySet[Any]], keys: Mapping[str, Any], *, with_first: bool
) -> tuple[str, list[Any]]:
    """Return the statement that counts rows, with its parameters."""
    field, counted = find_number(holder, name), get_counted_stat(holder, name)
    components = list_components(holder, name)
    tables = [_write_totals(each, counted, components, keys, with_first) for each in querysets]
    tables = tables or [(_write_nothing(components), ())]
    sums = ", ".join(
        f"CAST(SUM({quote(f'part_{stat.name}')}) AS BIGINT) AS {quote(str(stat.column))}"
        for stat in components
    )
    totals = (
        f"SELECT CAST(SUM(rows_counted) AS BIGINT) AS rows_counted, MIN(first_fact) AS first_fact, {sums} "
        f"FROM ({' UNION ALL '.join(sql for sql, _ in tables)}) each_table"
    )
    # What stands in the statement as it is must not be read as the place of a parameter.
    shown = number_sql(field).replace("%", "%%")
    columns = ", ".join(quote(str(stat.column)) for stat in components)
    params = [param for _, given in tables for param in given]
    return f"SELECT rows_counted, first_fact, {shown}, {columns} FROM ({totals}) parts", params


def _read(holder: Model, name: str, sql: str, params: Sequence[Any]) -> Recount:
    field, components = find_number(holder, name), list_components(holder, name)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows, first, value, *found = cursor.fetchone()
    parts = {stat.name: int(part) for stat, part in zip(components, found, strict=True)}
    return Recount(int(rows), parts, read_number(field, value), read_datetime(first) if first else None)


def _write_totals(
    queryset: QuerySet[Any],
    counted: Stat,
    components: Sequence[Stat],
    keys: Mapping[str, Any],
    with_first: bool,
) -> tuple[str, Sequence[Any]]:
    """Return the SELECT of what the rows of ``queryset`` come to, one row, with its parameters."""
    model = queryset.model
    found = _list_of(model, [counted, *components])
    if not found:
        return _write_nothing(components), ()

    # Rows that nothing counts are left out here, once, and not by each of the terms.
    rows = queryset.order_by().filter(find_any(found, keys))
    terms = _list_terms(counted, components, model, keys)
    named: dict[str, Any] = dict.fromkeys(_list_columns(components), Value(0, models.BigIntegerField()))
    sql, params = _compile(rows.values(one=Value(1)).annotate(**named | terms).values_list(*named))

    firsts = _list_firsts(queryset.order_by(), _list_of(model, components), keys) if with_first else []
    if not firsts:
        return f"SELECT t.*, {_no_time()} AS first_fact FROM ({sql}) t", params
    searched = " UNION ALL ".join(first for first, _ in firsts)
    first_fact = f"(SELECT MIN(happened) FROM ({searched}) f)"
    given = [param for _, each in firsts for param in each]
    return f"SELECT t.*, {first_fact} AS first_fact FROM ({sql}) t", [*given, *params]


def _list_of(model: Model, stats: Sequence[Stat]) -> list[Contribution]:
    return [each for stat in stats for each in stat.contributions if each.model is model]


def _list_firsts(
    rows: QuerySet[Any], contributions: Sequence[Contribution], keys: Mapping[str, Any]
) -> list[tuple[str, Sequence[Any]]]:
    """Return SELECTs of when the first of ``rows`` happened that counts, by each column that tells it."""
    by_column: dict[str, list[Contribution]] = {}
    for contribution in contributions:
        if contribution.happened_at:
            by_column.setdefault(contribution.happened_at, []).append(contribution)
    # Of one column alone a database reads no more than the beginning of an index.
    return [
        _compile(
            rows.filter(find_any(found, keys))
            .values(one=Value(1))
            .annotate(happened=Min(column))
            .values_list("happened")
        )
        for column, found in by_column.items()
    ]


def _compile(queryset: QuerySet[Any]) -> tuple[str, Sequence[Any]]:
    # A queryset that can have no row comes to 0 all the same.
    compiler = queryset.query.get_compiler(connection=connection, elide_empty=False)
    sql, params = compiler.as_sql()
    return str(sql), params


def _write_nothing(components: Sequence[Stat]) -> str:
    zeros = ", ".join(f"0 AS {quote(name)}" for name in _list_columns(components))
    return f"SELECT {zeros}, {_no_time()} AS first_fact"


def _no_time() -> str:
    """Return a time that is none, typed, since one is read beside it in the same statement."""
    kind = models.DateTimeField().db_type(connection) if connection.vendor == "postgresql" else "text"
    return f"CAST(NULL AS {kind})"


def _list_columns(components: Sequence[Stat]) -> list[str]:
    return ["rows_counted", *(f"part_{stat.name}" for stat in components)]


def compute_each(holder: Model, name: str, several: Sequence[Parts]) -> list[int | Decimal | None]:
    """Return the number ``name`` for each of ``several`` values of its parts; one query for a derived one."""
    field = find_number(holder, name)
    if isinstance(field, Stat):
        return [parts[name] for parts in several]
    if not several:
        return []

    components = list_components(holder, name)
    read = " UNION ALL ".join(
        f"SELECT {place} AS place, {_write_parts(components, parts)}" for place, parts in enumerate(several)
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {number_sql(field)} FROM ({read}) parts ORDER BY place")
        return [read_number(field, value) for (value,) in cursor.fetchall()]


def _write_parts(components: Sequence[Stat], parts: Parts) -> str:
    values = [(int(parts[stat.name]), quote(str(stat.column))) for stat in components]
    return ", ".join(f"CAST({value} AS BIGINT) AS {column}" for value, column in values)


def find_any(contributions: Sequence[Contribution], keys: Mapping[str, Any]) -> Q:
    """Return the rows that any of ``contributions`` counts for these keys."""
    found: dict[tuple[str, ...], list[Contribution]] = {}

    for contribution in contributions:
        owners = tuple(contribution.key_for(key) for key in keys)
        found.setdefault(owners, []).append(contribution)

    conditions = []
    for owners, group in found.items():
        counted = reduce(or_, (each.where for each in _drop_narrower(group)))
        conditions.append(Q(**dict(zip(owners, keys.values(), strict=True))) & counted)

    return reduce(or_, conditions)


def _drop_narrower(contributions: Sequence[Contribution]) -> list[Contribution]:
    """Return ``contributions`` without those whose rows another one counts as well, since it has fewer rules.

    One without rules is all that is left when there is one: an empty ``Q`` would vanish from an OR.
    """
    kept: list[Contribution] = []

    for contribution in sorted(contributions, key=lambda each: len(each.rules)):
        if not any(all(rule in contribution.rules for rule in wider.rules) for wider in kept):
            kept.append(contribution)

    return kept


def list_counting(stat: Stat, model: Model, keys: Mapping[str, Any]) -> list[tuple[Contribution, Q]]:
    """Return each contribution of rows of ``model`` to ``stat``, with the rows it counts for these keys."""
    found = []

    for contribution in stat.contributions:
        if contribution.model is model:
            owned = Q(**{contribution.key_for(key): value for key, value in keys.items()})
            found.append((contribution, owned & contribution.where))

    return found


def _list_terms(
    counted: Stat,
    components: Sequence[Stat],
    model: Model,
    keys: Mapping[str, Any],
) -> dict[str, Any]:
    """Return what to ask of rows of ``model``: how many are counted, and what they add to each component.

    The rows must be such as some contribution counts: what all of these require is not asked again.
    """
    shared = tuple(share_rules(_list_of(model, [counted, *components])))
    owners = {tuple(each.key_for(key) for key in keys) for each in _list_of(model, [counted, *components])}
    owned = {} if len(owners) == 1 else keys
    left = {stat: _list_of(model, [stat]) for stat in (counted, *components)}
    counting = {
        stat: [(each, find_any([drop_rules(each, shared)], owned)) for each in found]
        for stat, found in left.items()
        if found
    }
    terms: dict[str, Any] = {}
    if counted in counting:
        conditions = [condition for _, condition in counting[counted]]
        terms["rows_counted"] = _count(reduce(or_, conditions) if all(conditions) else Q())
    for stat in components:
        if stat in counting:
            terms[f"part_{stat.name}"] = reduce(add, (_sum(*each) for each in counting[stat]))
    return terms


class _EveryRow(Expression):
    """The star of ``COUNT(*)``, which Django refuses together with a filter."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        return "*", ()


def _count(condition: Q) -> Any:
    # Of the rows themselves: a column would have to be read, and a value looked at for each row.
    return Count(_EveryRow(), filter=condition or None)


def _sum(contribution: Contribution, condition: Q) -> Any:
    if isinstance(contribution.value, int):
        counted = _count(condition)
        return counted if contribution.value == 1 else counted * Value(contribution.value)
    return Sum(_value_of(contribution), filter=condition or None, default=0)


def _value_of(contribution: Contribution) -> Any:
    """Return, as an expression, what a row adds that counts."""
    if isinstance(contribution.value, int):
        return Value(contribution.value)
    # An empty column adds nothing; without this, a sum of two terms would lose the other one as well.
    return Coalesce(F(contribution.value), 0, output_field=models.BigIntegerField())


def add_when(contribution: Contribution, condition: Q) -> Any:
    """Return, as an expression, what ``contribution`` has a row add that meets ``condition``; else 0."""
    output = models.BigIntegerField()
    return Case(When(condition, then=_value_of(contribution)), default=Value(0), output_field=output)
