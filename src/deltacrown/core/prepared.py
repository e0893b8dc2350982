"""Queries that many requests make with other values: their statement is compiled once for each connection.

Building a queryset and writing its SQL takes the processor several times as long as running it. That is worth
saving where nearly every request asks, such as who is signed in; elsewhere a queryset is plainer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import connections
from django.db.models import Model, QuerySet, Value
from django.db.models.query import RelatedPopulator, get_related_populators

Row = TypeVar("Row", bound=Model)
Given = str | int | datetime


class Parameter(Value):
    """Stands in a query for a value that is given when it is run.

    :param number: which of the values, from 0.
    """

    def __init__(self, number: int) -> None:
        super().__init__(_Slot(number))


class _Slot(NamedTuple):
    number: int


class PreparedQuery(Generic[Row]):
    """A query for rows of a model, without annotations that depend on who asks or when.

    :param build: makes the queryset, with a ``Parameter`` for each value. It is called when the query is
        first run. What it selects may be ``select_related``; ``prefetch_related`` is not done.
    """

    def __init__(self, build: Callable[[], QuerySet[Row]]) -> None:
        self._build = build

    def first(self, *values: Given) -> Row | None:
        """Return the first row there is with these values, or None. The query must be in order, and limited.

        The values are compared as they are: an integer must fit the column.
        """
        return next(iter(self.run(*values)), None)

    def run(self, *values: Given) -> list[Row]:
        """Return the rows there are with these values."""
        # A connection is of one thread, and goes with it; so does what was compiled for it.
        kept: dict[PreparedQuery[Any], _Compiled] = vars(connections["default"]).setdefault("_prepared", {})
        compiled = kept.get(self)
        if compiled is None:
            compiled = kept[self] = _Compiled(self._build())
        return compiled.run(values)


class _Compiled:
    """A statement, and how to make objects of its rows, as ``QuerySet`` does."""

    def __init__(self, queryset: QuerySet[Any]) -> None:
        self.connection = connections["default"]
        compiler = queryset.query.get_compiler(connection=self.connection)
        self.sql, self.params = compiler.as_sql()
        self.model: type[Model] = compiler.klass_info["model"]
        fields = compiler.klass_info["select_fields"]
        self.own = slice(fields[0], fields[-1] + 1)
        self.names = [column.target.attname for column, *_ in compiler.select[self.own]]
        self.related: Sequence[RelatedPopulator] = get_related_populators(  # type: ignore[call-arg] # of Django 6
            compiler.klass_info, compiler.select, self.connection.alias
        )
        self.annotations = list((compiler.annotation_col_map or {}).items())
        columns = [column for column, *_ in compiler.select[: compiler.col_count]]
        self.converters = compiler.get_converters(columns)
        self.apply_converters = compiler.apply_converters

    def run(self, values: Sequence[Given]) -> list[Any]:
        adapt = self.connection.ops.adapt_datetimefield_value
        given = [adapt(each) if isinstance(each, datetime) else each for each in values]
        params = [given[each.number] if isinstance(each, _Slot) else each for each in self.params]
        with self.connection.cursor() as cursor:
            cursor.execute(self.sql, params)
            rows = cursor.fetchall()
        return [self._make(row) for row in self.apply_converters(rows, self.converters)]

    def _make(self, row: Sequence[Any]) -> Model:
        made = self.model.from_db(self.connection.alias, self.names, row[self.own])
        for populator in self.related:
            populator.populate(row, made)
        for name, column in self.annotations:
            setattr(made, name, row[column])
        return made
