"""Lists that many requests ask for: their statements are compiled once for each connection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from deltacrown.core import pagination
from deltacrown.core.pagination import MAX_LIMIT, Order, Page
from deltacrown.core.prepared import Given, Parameter, PreparedQuery

#: A statement is compiled for pages of up to so many rows; a smaller page reads a few rows more than it has.
SIZES = (10, 20, MAX_LIMIT)


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
        position: list[Any] = []
        if cursor:
            plain = pagination.read_plain(name, cursor)
            position = [field.to_python(each) for field, each in zip(self._fields, plain, strict=True)]
        size = next(size for size in SIZES if size >= limit)
        queries = self._queries[size, bool(cursor)]
        merged = pagination.merge([query.run(*values, *position) for query in queries], self._order)
        return pagination.make_page(merged, name, self._order, limit)

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
