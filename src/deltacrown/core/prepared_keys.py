"""Queries for the rows with some keys: a statement is compiled once for each number of keys, rounded up."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db.models import F, QuerySet
from django.db.models.lookups import In

from deltacrown.core.prepared import Given, Parameter, PreparedQuery, PreparedRows

Prepared = TypeVar("Prepared", bound=PreparedRows)

#: A statement is compiled for up to so many keys; where there are fewer, the last is given again and again.
SIZES = (8, 16, 32, 128, 512)


def is_among(column: str, keys: Sequence[Any]) -> In:
    """Return a condition: a column, also a foreign key, is one of ``keys``, each a ``Parameter``."""
    return In(F(column), keys)


class _Keyed(Generic[Prepared]):
    """A query with a condition ``is_among``.

    :param build: makes the queryset of a list of keys, each a ``Parameter``. It has no order: more keys than
        the largest size are asked for by several statements.
    :param given: how many values are given besides; they are the first.
    """

    _kind: type[Prepared]

    def __init__(self, build: Callable[[list[Any]], QuerySet[Any]], *, given: int = 0) -> None:
        self._build, self._given = build, given

    @cached_property
    def _queries(self) -> dict[int, Prepared]:
        return {size: self._prepare(size) for size in SIZES}

    def _prepare(self, size: int) -> Prepared:
        keys: list[Any] = [Parameter(place) for place in range(self._given, self._given + size)]
        return self._kind(lambda: self._build(keys))

    def _divide(
        self, values: Sequence[Given], keys: Collection[Given]
    ) -> Iterator[tuple[Prepared, list[Given]]]:
        """Yield queries, each with what to run it with."""
        wanted = list(dict.fromkeys(keys))
        for start in range(0, len(wanted), SIZES[-1]):
            some = wanted[start : start + SIZES[-1]]
            size = next(size for size in SIZES if size >= len(some))
            yield self._queries[size], [*values, *some, *([some[-1]] * (size - len(some)))]


class KeyedRows(_Keyed[PreparedRows]):
    """Plain rows with some keys, as ``values_list`` gives them."""

    _kind = PreparedRows

    def read(self, *values: Given, keys: Collection[Given]) -> list[tuple[Any, ...]]:
        """Return the rows there are with these keys and values."""
        return [row for query, given in self._divide(values, keys) for row in query.read(*given)]


class KeyedQuery(_Keyed[PreparedQuery[Any]]):
    """Rows of a model with some keys."""

    _kind = PreparedQuery

    def run(self, *values: Given, keys: Collection[Given]) -> list[Any]:
        """Return the rows there are with these keys and values."""
        return [row for query, given in self._divide(values, keys) for row in query.run(*given)]
