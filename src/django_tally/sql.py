"""The SQL that triggers, verification and repair share, so that they cannot disagree."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable
from django.db.models.sql import Query

from django_tally.declarations import Contribution
from django_tally.feeds import Feed, Model, get_key_columns, get_stat_columns, list_feeds
from django_tally.schema import quote, table_of


def literal(value: Any, connection: BaseDatabaseWrapper) -> str:
    """Return ``value`` as SQL text, quoted by the database adapter; a trigger can have no parameters."""
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    connection.ensure_connection()  # the PostgreSQL adapter quotes as the server at hand wants it
    return str(connection.schema_editor(collect_sql=True).quote_value(value))


def contribution_expression(contribution: Contribution) -> Combinable:
    """Return what one row adds, for the ORM; NULL where the summed column is."""
    value = F(contribution.value) if isinstance(contribution.value, str) else Value(contribution.value)
    if not contribution.where:
        return value
    return Case(When(contribution.where, then=value), default=Value(0), output_field=models.BigIntegerField())


def contribution_sql(contribution: Contribution, connection: BaseDatabaseWrapper) -> str:
    """Return what one row adds, as an expression over bare column names.

    Bare, so that the same text runs on the table, on transition tables, and on ``NEW`` and ``OLD``.
    """
    return _compile(contribution, connection.alias)


@cache
def _compile(contribution: Contribution, alias: str) -> str:
    connection = connections[alias]
    expression: Any = contribution_expression(contribution)
    query = Query(contribution.model, alias_cols=False)
    compiler = query.get_compiler(connection=connection)
    sql, params = compiler.compile(expression.resolve_expression(query, allow_joins=False))
    return f"COALESCE({sql % tuple(literal(param, connection) for param in params)}, 0)"


def condition_sql(model: Model, condition: Q, connection: BaseDatabaseWrapper) -> str:
    """Return a condition as SQL over the bare columns of ``model``; true for every row when it is empty."""
    if not condition:
        return "1 = 1"

    query = Query(model, alias_cols=False)
    resolved = condition.resolve_expression(query, allow_joins=False)
    sql, params = query.get_compiler(connection=connection).compile(resolved)
    return str(sql % tuple(literal(param, connection) for param in params))


def select_sql(rows: QuerySet[Any, Any], connection: BaseDatabaseWrapper) -> str:
    """Return a queryset as SQL text without parameters, to be part of another statement.

    :raises EmptyResultSet: it has no rows, whatever is in the tables.
    """
    sql, params = rows.query.get_compiler(connection=connection).as_sql()
    return str(sql % tuple(literal(param, connection) for param in params))


def column_sql(feed: Feed, column: str, connection: BaseDatabaseWrapper) -> str:
    """Return what one row of the feed's source adds to ``column``."""
    return " + ".join(contribution_sql(contribution, connection) for contribution in feed.columns[column])


def aggregate_sql(feed: Feed, rows: str, connection: BaseDatabaseWrapper) -> str:
    """Return a SELECT of what ``rows`` add up to, per holder key.

    :param rows: a SELECT of source columns and ``s``, the sign: 1 for a row that came, -1 for one that went.
    """
    keys = [f"{quote(source)} AS {quote(holder)}" for holder, source in feed.key_pairs]
    sums = [
        f"SUM(s * ({column_sql(feed, column, connection)})) AS {quote(column)}" for column in feed.columns
    ]
    owned = " AND ".join(f"{quote(column)} IS NOT NULL" for column in feed.source_key_columns)
    group = ", ".join(quote(column) for column in feed.source_key_columns)
    return f"SELECT {', '.join(keys + sums)} FROM ({rows}) r WHERE {owned} GROUP BY {group}"


def feed_truth_sql(feed: Feed, connection: BaseDatabaseWrapper, only: str = "") -> str:
    """Return a SELECT of what the feed's source table, or the part that ``only`` selects, adds up to."""
    where = f" WHERE {only}" if only else ""
    return aggregate_sql(feed, f"SELECT 1 AS s, t.* FROM {table_of(feed.source)} t{where}", connection)


def truth_sql(holder: Model, connection: BaseDatabaseWrapper, only: str = "") -> str:
    """Return a SELECT of every number of ``holder``, recounted, per key that has any source row.

    :param only: a condition over the source's first key column, written with ``{key}`` in its place.
    """
    keys = ", ".join(quote(column) for column in get_key_columns(holder))
    columns = get_stat_columns(holder)
    parts = []
    for feed in list_feeds(holder):
        terms = ", ".join(quote(c) if c in feed.columns else f"0 AS {quote(c)}" for c in columns)
        restriction = only.format(key=quote(feed.source_key_columns[0])) if only else ""
        parts.append(f"SELECT {keys}, {terms} FROM ({feed_truth_sql(feed, connection, restriction)}) f")
    sums = ", ".join(f"SUM({quote(c)}) AS {quote(c)}" for c in columns)
    return f"SELECT {keys}, {sums} FROM ({' UNION ALL '.join(parts)}) u GROUP BY {keys}"


def differs_sql(columns: list[str], left: str, right: str) -> str:
    return " OR ".join(f"{left}.{quote(c)} <> {right}.{quote(c)}" for c in columns)


def same_key_sql(holder: Model, left: str, right: str) -> str:
    return " AND ".join(f"{left}.{quote(c)} = {right}.{quote(c)}" for c in get_key_columns(holder))


def apply_sql(feed: Feed, delta: str) -> str:
    """Return an UPDATE that adds ``delta``, a SELECT of keys and sums, to the holder rows that it changes."""
    table = table_of(feed.holder)
    sets = ", ".join(f"{quote(c)} = {table}.{quote(c)} + d.{quote(c)}" for c in feed.columns)
    mine = same_key_sql(feed.holder, table, "d")
    return f"UPDATE {table} SET {sets} FROM ({delta}) d WHERE {mine} AND ({changes_sql(feed)})"


def changes_sql(feed: Feed) -> str:
    """Return a condition: the delta ``d`` changes anything at all."""
    return " OR ".join(f"d.{quote(column)} <> 0" for column in feed.columns)


def recount_sql(holder: Model, connection: BaseDatabaseWrapper, *, only: str = "") -> str:
    """Return an UPDATE that sets every number of rows with sources, where it differs, to what these say."""
    table, columns = table_of(holder), get_stat_columns(holder)
    sets = ", ".join(f"{quote(c)} = x.{quote(c)}" for c in columns)
    return (
        f"UPDATE {table} SET {sets} FROM ({truth_sql(holder, connection, only)}) x "
        f"WHERE {same_key_sql(holder, table, 'x')} AND ({differs_sql(columns, table, 'x')})"
    )
