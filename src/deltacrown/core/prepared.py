"""Queries that many requests make with other values: their statement is compiled once for each connection.

Building a queryset and writing its SQL takes the processor several times as long as running it. That is worth
saving where nearly every request asks, such as who is signed in; elsewhere a queryset is plainer.

On PostgreSQL the server, too, keeps what looks for rows by their keys: see ``core.server_plans``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, NamedTuple, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, QuerySet, Value
from django.db.models.query import get_related_populators

from deltacrown.core.cursors import reading_cursor
from deltacrown.core.quick_rows import make_maker, make_populator
from deltacrown.core.server_plans import ServerPlan

Row = TypeVar("Row", bound=Model)
Given = str | int | datetime | Decimal | list[str]


class Parameter(Value):
    """Stands in a query for a value that is given when it is run.

    :param number: which of the values, from 0.
    """

    def __init__(self, number: int) -> None:
        super().__init__(_Slot(number))


class _Slot(NamedTuple):
    number: int


class PreparedRows:
    """A query for plain rows, as ``values_list`` gives them; it may be a union.

    :param build: makes the queryset, with a ``Parameter`` for each value. It is called when the query is
        first run.
    :param is_by_key: whether each value is a key of about one row, so that one plan is good for all values
        and the server may keep it. Of a player with 100,000 matches another is good than of one with ten.
    """

    def __init__(self, build: Callable[[], QuerySet[Any]], *, is_by_key: bool = False) -> None:
        self._build, self._is_by_key = build, is_by_key

    def read(self, *values: Given) -> list[tuple[Any, ...]]:
        """Return the rows there are with these values.

        The values are compared as they are: an integer must fit the column.
        """
        compiled = self._get_compiled()
        return compiled.convert(compiled.fetch(values))

    def _get_compiled(self) -> _Compiled:
        # A connection is of one thread, and goes with it; so does what was compiled for it.
        kept: dict[PreparedRows, _Compiled] = vars(connections[DEFAULT_DB_ALIAS]).setdefault("_prepared", {})
        compiled = kept.get(self)
        if compiled is None:
            compiled = kept[self] = _Compiled(self._build(), is_by_key=self._is_by_key)
        return compiled


class PreparedQuery(PreparedRows, Generic[Row]):
    """A query for rows of a model, without annotations that depend on who asks or when.

    :param build: as of ``PreparedRows``, and so is ``is_by_key``. What it selects may be ``select_related``;
        ``prefetch_related`` is not done.
    """

    def __init__(self, build: Callable[[], QuerySet[Row]], *, is_by_key: bool = False) -> None:
        super().__init__(build, is_by_key=is_by_key)

    def first(self, *values: Given) -> Row | None:
        """Return the first row there is with these values, or None. The query must be in order, and limited.

        The values are compared as they are: an integer must fit the column.
        """
        found = self.find(*values)
        return None if found is None else found.make()

    def find(self, *values: Given) -> FoundRow[Row] | None:
        """As ``first``, but the row is not made yet: that takes longer than to read one or two columns."""
        compiled = self._get_compiled()
        return next((FoundRow(compiled, row) for row in compiled.fetch(values)), None)

    def find_all(self, *values: Given) -> list[FoundRow[Row]]:
        """As ``run``, but no row is made yet."""
        compiled = self._get_compiled()
        return [FoundRow(compiled, row) for row in compiled.fetch(values)]

    def run(self, *values: Given) -> list[Row]:
        """Return the rows there are with these values."""
        compiled = self._get_compiled()
        return [compiled.make(row) for row in compiled.convert(compiled.fetch(values))]


class FoundRow(Generic[Row]):
    """A row that was read, and of which an object can be made."""

    def __init__(self, compiled: _Compiled, row: tuple[Any, ...]) -> None:
        self._compiled, self._row = compiled, row

    def __getitem__(self, name: str) -> Any:
        """Return a column of the model, or an annotation, as the adapter of the database gives it.

        :raises KeyError: the query has none of this name.
        """
        return self._row[self._compiled.places[name]]

    def make(self) -> Row:
        """Return the object, as ``QuerySet`` makes it."""
        [row] = self._compiled.convert([self._row])
        made: Row = self._compiled.make(row)
        return made


def find_rows(rows: QuerySet[Row]) -> list[FoundRow[Row]]:
    """As ``PreparedQuery.find_all``, of a query that is run once."""
    try:
        compiled = _Compiled(rows, is_by_key=False)
    except EmptyResultSet:
        return []
    return [FoundRow(compiled, row) for row in compiled.fetch(())]


class PreparedText:
    """A statement that is put together of the SQL of querysets, for rows as the adapter gives them.

    :param write: returns it with its parameters, of which those that are given are a ``Parameter`` in the
        querysets. It is called when the statement is first run on a connection.
    """

    def __init__(self, write: Callable[[], tuple[str, Sequence[Any]]]) -> None:
        self._write = write

    def read(self, *values: Given) -> list[tuple[Any, ...]]:
        """Return the rows there are with these values, which are compared as they are."""
        connection = connections[DEFAULT_DB_ALIAS]
        kept: dict[PreparedText, tuple[str, Sequence[Any]]] = vars(connection).setdefault("_texts", {})
        written = kept.get(self)
        if written is None:
            written = kept[self] = self._write()
        sql, params = written
        with reading_cursor(connection) as cursor:
            cursor.execute(sql, bind(params, values, connection))
            found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def bind(params: Sequence[Any], values: Sequence[Given], connection: BaseDatabaseWrapper) -> list[Any]:
    """Return the parameters of a statement with the values that are given for each ``Parameter``."""
    return _fill(params, _adapt(values, connection))


def _adapt(values: Sequence[Given], connection: BaseDatabaseWrapper) -> list[Any]:
    adapt = connection.ops.adapt_datetimefield_value
    return [adapt(each) if isinstance(each, datetime) else each for each in values]


def _fill(params: Sequence[Any], given: Sequence[Any]) -> list[Any]:
    return [given[each.number] if isinstance(each, _Slot) else each for each in params]


class _Compiled:
    """A statement, and how to make objects of its rows, as ``QuerySet`` does."""

    def __init__(self, queryset: QuerySet[Any], *, is_by_key: bool) -> None:
        self.connection = connections[DEFAULT_DB_ALIAS]
        compiler = queryset.query.get_compiler(connection=self.connection)
        self.sql, self.params = compiler.as_sql()
        self.annotations = list((compiler.annotation_col_map or {}).items())
        columns = [column for column, *_ in compiler.select[: compiler.col_count]]
        self.converters = compiler.get_converters(columns)
        self.apply_converters = compiler.apply_converters
        is_kept = is_by_key and self.connection.vendor == "postgresql"
        self.plan = self._plan_on_server() if is_kept else None
        if compiler.klass_info is None:
            return

        fields = compiler.klass_info["select_fields"]
        self.own = slice(fields[0], fields[-1] + 1)
        self.names = [column.target.attname for column, *_ in compiler.select[self.own]]
        # Django 6.1 asks besides how the queryset fetches what was left out; before, nobody could say.
        how = [queryset._fetch_mode] if hasattr(queryset, "_fetch_mode") else []
        populators = get_related_populators(compiler.klass_info, compiler.select, DEFAULT_DB_ALIAS, *how)
        # By this name, whichever server is read now: what is made may be saved later.
        self.related = [make_populator(each, DEFAULT_DB_ALIAS) for each in populators]
        self.make_own = make_maker(compiler.klass_info["model"], self.names, DEFAULT_DB_ALIAS)
        own = {name: fields[0] + number for number, name in enumerate(self.names)}
        self.places: dict[str, int] = own | dict(self.annotations)

    def fetch(self, values: Sequence[Given]) -> list[tuple[Any, ...]]:
        given = _adapt(values, self.connection)
        with reading_cursor(self.connection) as cursor:
            found = self.plan.read(self.connection, cursor, given) if self.plan else None
            if found is not None:
                return found
            cursor.execute(self.sql, _fill(self.params, given))
            read: list[tuple[Any, ...]] = cursor.fetchall()
        return read

    def _plan_on_server(self) -> ServerPlan:
        self.connection.ensure_connection()  # which knows how to write a literal
        operations: Any = self.connection.ops  # those of PostgreSQL
        write = operations.compose_sql
        slots = [each.number if isinstance(each, _Slot) else write("%s", [each]) for each in self.params]
        return ServerPlan(self.sql, slots)

    def convert(self, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """Return the rows with their values as the fields of the model have them."""
        return list(self.apply_converters(rows, self.converters)) if self.converters else rows

    def make(self, row: Sequence[Any]) -> Any:
        made = self.make_own(row[self.own])
        for add_related in self.related:
            add_related(row, made)
        for name, column in self.annotations:
            setattr(made, name, row[column])
        return made
