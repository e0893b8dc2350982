"""The rows that a number is narrowed to, as a condition on one row of a larger statement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db import connection
from django.db.models import Lookup, QuerySet
from django.db.models.expressions import Col
from django.db.models.sql import Query
from django.db.models.sql.where import WhereNode

from django_tally.feeds import Model
from django_tally.schema import quote
from django_tally.sql import literal, select_sql

#: The rows that a number is narrowed to, for each source model that is narrowed.
Among = Mapping[Model, QuerySet[Any]]


def is_among(model: Model, rows: QuerySet[Any]) -> str:
    """Return a condition on the row ``t`` of ``model``: it is one of ``rows``."""
    query = rows.query.clone()
    try:
        if _is_told_by_columns(query):
            return _write_filters(query)
        # The order says which rows a slice leaves; of others it says nothing.
        unordered = rows if query.is_sliced else rows.order_by()
        keys = select_sql(unordered.values("pk"), connection)
    except FullResultSet:
        return "1 = 1"
    except EmptyResultSet:
        return "1 = 0"
    return f"t.{quote(str(model._meta.pk.column))} IN ({keys})"


def _is_told_by_columns(query: Query) -> bool:
    """Return whether filters by columns of the table itself say which rows they are: none is looked up."""
    is_cut = query.is_sliced or query.combinator or query.distinct_fields or query.extra_tables
    return not is_cut and _reads_own_columns(query.where, query.get_initial_alias())


def _reads_own_columns(node: Any, table: str) -> bool:
    if isinstance(node, WhereNode):
        return all(_reads_own_columns(child, table) for child in node.children)
    if not isinstance(node, Lookup):
        return False

    values = node.rhs if isinstance(node.rhs, list | tuple | set | frozenset) else [node.rhs]
    is_compared_with_values = not any(hasattr(value, "as_sql") for value in values)
    return is_compared_with_values and isinstance(node.lhs, Col) and node.lhs.alias == table


def _write_filters(query: Query) -> str:
    where = query.where.clone()
    where.relabel_aliases({query.get_initial_alias(): "t"})
    sql, params = query.get_compiler(connection=connection).compile(where)
    return str(sql % tuple(literal(param, connection) for param in params))
