"""Lists that many requests ask for: their statements are compiled once for each connection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from deltacrown.core import pagination
from deltacrown.core.pagination import MAX_LIMIT, Order, Page
from deltacrown.core.prepared import Given, Parameter, PreparedQuery, PreparedRows

#: A statement is compiled for pages of up to so many rows; a smaller page reads a few rows more than it has.
SIZES = (5, 10, 20, MAX_LIMIT)


class PreparedListing:
    """A listing of rows of one shape, in one table or several, as ``pagination.paginate`` reads it.

    :param build: makes the querysets, with a ``Parameter`` for each value that is given.
    :param given: how many values are given.
    :param order: as of ``paginate``.
    """

    def __init__(self, build: Callable[[], Sequence[QuerySet[Any]]], *, given: int, order: Order) -> None:
        self._build, self._given, self._order = build, given, order

    def paginate(self, *values: Given, listing: str, cursor: str | None, limit: int) -> Page[Any]:
        """Return the page that follows ``cursor``; the parameters are those of ``pagination.paginate``.

        :raises InvalidInput: the limit is out of range.
        :raises InvalidCursor: the cursor does not belong to this listing.
        """
        pagination.check_limit(limit)
        name = pagination.name_cursor(listing, self._order)
        position = _read_position(name, cursor, self._fields) if cursor else []
        merged = self._read([*values, *position], is_later=bool(cursor), limit=limit)
        return pagination.make_page(merged, name, self._order, limit)

    def list_first(self, *values: Given, limit: int) -> list[Any]:
        """Return the first rows, where nobody turns the page."""
        pagination.check_limit(limit)
        return self._read(values, is_later=False, limit=limit)[:limit]

    def _read(self, values: Sequence[Given], *, is_later: bool, limit: int) -> list[Any]:
        size = next(size for size in SIZES if size >= limit)
        queries = self._queries[size, is_later]
        return pagination.merge([query.run(*values) for query in queries], self._order)

    @cached_property
    def _fields(self) -> list[Any]:
        return pagination.get_fields(self._build()[0], self._order)

    @cached_property
    def _queries(self) -> dict[tuple[int, bool], list[PreparedQuery[Any]]]:
        places = range(self._given, self._given + len(self._order))
        after = [Parameter(place) for place in places]
        count = len(self._build())

        def prepare(number: int, size: int, position: list[Any] | None) -> PreparedQuery[Any]:
            def build() -> QuerySet[Any]:
                source = self._build()[number]
                # One more than a page has tells whether there is another.
                return pagination.rows_after(source, self._order, position, is_bounded=False)[: size + 1]

            return PreparedQuery(build)

        return {
            (size, is_later): [prepare(number, size, after if is_later else None) for number in range(count)]
            for size in SIZES
            for is_later in (False, True)
        }


class PlainListing:
    """A listing of plain rows of one table, as ``values_list`` gives them.

    :param build: makes the queryset, with a ``Parameter`` for each value that is given. The columns that the
        listing is in the order of come first in its rows.
    :param given: how many values are given.
    :param order: as of ``pagination.paginate``.
    :param sizes: for pages of up to how many rows a statement is compiled each; the last is the most.
    """

    def __init__(
        self, build: Callable[[], QuerySet[Any]], *, given: int, order: Order, sizes: Sequence[int]
    ) -> None:
        self._build, self._given, self._order, self._sizes = build, given, order, sizes

    def paginate(
        self, *values: Given, listing: str, cursor: str | None, limit: int
    ) -> tuple[Page[tuple[Any, ...]], tuple[Any, ...] | None]:
        """Return the page that follows ``cursor``, and the first row of the next one, or None.

        The parameters are those of ``pagination.paginate``.

        :raises InvalidInput: the limit is out of range.
        :raises InvalidCursor: the cursor does not belong to this listing.
        """
        pagination.check_limit(limit, self._sizes[-1])
        name = pagination.name_cursor(listing, self._order)
        position = _read_position(name, cursor, self._fields) if cursor else []
        size = next(size for size in self._sizes if size >= limit)
        rows = self._queries[size, bool(cursor)].read(*values, *position)
        items, following = rows[:limit], rows[limit] if len(rows) > limit else None
        more = pagination.write_plain(name, items[-1][: len(self._order)]) if following else None
        return Page(items, more, following is not None), following

    @cached_property
    def _fields(self) -> list[Any]:
        return pagination.get_fields(self._build(), self._order)

    @cached_property
    def _queries(self) -> dict[tuple[int, bool], PreparedRows]:
        after: list[Any] = [Parameter(self._given + place) for place in range(len(self._order))]

        def prepare(size: int, position: list[Any] | None) -> PreparedRows:
            def build() -> QuerySet[Any]:
                source = self._build()
                # One more than a page has tells whether there is another, and what is on it first.
                return pagination.rows_after(source, self._order, position, is_bounded=False)[: size + 1]

            return PreparedRows(build)

        return {
            (size, is_later): prepare(size, after if is_later else None)
            for size in self._sizes
            for is_later in (False, True)
        }


def _read_position(name: str, cursor: str, fields: Sequence[Any]) -> list[Any]:
    plain = pagination.read_plain(name, cursor)
    return [field.to_python(each) for field, each in zip(fields, plain, strict=True)]
