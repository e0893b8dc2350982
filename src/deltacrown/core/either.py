"""Conditions by which a database looks rows up by their keys, where it would otherwise read whole tables."""

from __future__ import annotations

from typing import Any

from django.db.models import BooleanField, F, Func, QuerySet, Subquery


class Either(Subquery):
    """The rows of any of some querysets of one column, each with an order and a limit of its own.

    For ``__in``: of conditions with an ``OR`` between them a planner does not know how few rows they keep.
    """

    def __init__(self, first: QuerySet[Any], *others: QuerySet[Any]) -> None:
        super().__init__(first)
        self.others = [each.query.clone() for each in others]
        for query in self.others:
            query.subquery = True

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, tuple[Any, ...]]:  # type: ignore[override]
        """Return the SQL: ORDER BY and LIMIT in parts of a UNION take a SELECT of their own on SQLite."""
        parts = [query.as_sql(compiler, connection) for query in (self.query, *self.others)]
        union = " UNION ALL ".join(f"SELECT * FROM {sql} p{number}" for number, (sql, _) in enumerate(parts))
        return f"({union})", tuple(param for _, params in parts for param in params)


class IsAmong(Func):
    """Whether a column is among some thousand keys that a queryset of one column finds.

    PostgreSQL reads an index in the order of the keys, once; otherwise it would join, and then may read a
    table of millions of rows from end to end.
    """

    output_field = BooleanField()
    template, arg_joiner = "%(expressions)s", " IN "

    def __init__(self, column: str, keys: QuerySet[Any]) -> None:
        super().__init__(F(column), Subquery(keys))

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Any:
        """Return the SQL of PostgreSQL."""
        column, keys = self.get_source_expressions()
        (left, ours), (right, theirs) = compiler.compile(column), compiler.compile(keys)
        return f"{left} = ANY(ARRAY{right})", [*ours, *theirs]
