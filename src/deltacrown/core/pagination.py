"""Keyset pagination: deep pages cost the same as the first, and new rows make no row skipped or repeated.

A cursor holds the sort values of the last row of a page. It is encrypted and bound to its listing, so
clients cannot read database keys from it, change it, or use it with another listing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any, Generic, TypeVar

from django.core.signing import BadSignature
from django.db import models
from django.db.models import BooleanField, F, Func, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext

from deltacrown.core.days import StartOfDay, add_days, start_of_day
from deltacrown.core.errors import InvalidInput
from deltacrown.core.prepared import Parameter
from deltacrown.core.sealing import seal, unseal

Row = TypeVar("Row")
Other = TypeVar("Other")
Order = tuple[str, ...]

MAX_LIMIT = 50


class InvalidCursor(InvalidInput):
    """The cursor was changed, or belongs to another listing."""

    code = "invalid-cursor"


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of a listing.

    :param items: at most ``limit`` rows, in the order of the listing.
    :param next_cursor: the cursor for the next page; None on the last page.
    """

    items: list[Row]
    next_cursor: str | None
    has_next: bool

    def with_items(self, change: Callable[[Sequence[Row]], list[Other]]) -> Page[Other]:
        """Return the page with ``change`` applied to the list of its items; the cursor stays."""
        return Page(change(self.items), self.next_cursor, self.has_next)


def paginate(
    querysets: QuerySet[Any] | Sequence[QuerySet[Any]],
    *,
    listing: str,
    order: Order = ("-played_at", "-id"),
    cursor: str | None = None,
    limit: int,
    max_limit: int = MAX_LIMIT,
    days_of: str = "",
) -> Page[Any]:
    """Return the page of ``querysets`` that follows ``cursor``.

    :param querysets: one queryset, or several over tables of the same shape that are read as one listing;
        the live table before its archive, so that a row that is moved meanwhile is not missed.
    :param listing: identifies the listing and its filters; other listings refuse its cursors.
    :param order: names of fields or annotations, ``-`` for descending; never null, and unique together.
    :param cursor: the ``next_cursor`` of the previous page, or None for the first page.
    :param limit: rows per page, 1 to ``max_limit``.
    :param days_of: a datetime column with an index, where the order begins with its days, latest first. No
        index has the order itself, so rows are then read from whole days of this column, and sorted.
    :raises InvalidInput: the limit is out of range (it is not clamped).
    :raises InvalidCursor: the cursor does not belong to this listing.
    """
    check_limit(limit, max_limit)
    sources = [querysets] if isinstance(querysets, QuerySet) else list(querysets)
    name = name_cursor(listing, order)
    position = read_plain(name, cursor) if cursor else None

    is_bounded = bool(days_of)
    remaining = [rows_after(source, order, position, is_bounded=is_bounded) for source in sources]
    if days_of:
        remaining = [_rows_of_days(source, days_of, position, limit) for source in remaining]

    rows = merge([list(source[: limit + 1]) for source in remaining], order)
    return make_page(rows, name, order, limit)


def make_page(rows: list[Any], name: str, order: Order, limit: int) -> Page[Any]:
    """Return the page of the first ``limit`` of these rows; any more only say that there are more."""
    items, has_next = rows[:limit], len(rows) > limit
    next_cursor = _write_cursor(name, items[-1], order) if has_next else None
    return Page(items, next_cursor, has_next)


def iterate_pages(
    sources: Sequence[QuerySet[Any]],
    *,
    order: Order,
    size: int = 500,
    later: Sequence[QuerySet[Any]] | None = None,
    days_of: str = "",
) -> Iterator[list[Any]]:
    """Yield all rows of ``sources``, a page at a time, so that memory does not grow with the list.

    Rows recorded meanwhile may or may not be included; none is left out or listed twice. The parameters are
    those of ``paginate``.

    :param later: ``sources`` without the conditions that hold for all rows after the first page.
    """
    cursor: str | None = None
    while True:
        page = paginate(
            sources if cursor is None or later is None else later,
            listing="all",
            order=order,
            cursor=cursor,
            limit=size,
            max_limit=size,
            days_of=days_of,
        )
        yield page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def list_from(
    sources: Sequence[QuerySet[Any]],
    *,
    order: Order,
    position: Sequence[Any] | None,
    limit: int,
) -> list[tuple[list[Any], Any]]:
    """Return the first ``limit`` rows from a position on, the row at it included, each with its position.

    For a list that merges rows of different shapes and writes its positions itself. The other parameters are
    those of ``paginate``.

    :param position: that of a row, or None for the first.
    """
    start = None if position is None else list(position)
    remaining = [rows_after(each, order, start, is_bounded=False, is_inclusive=True) for each in sources]
    merged = merge([list(source[:limit]) for source in remaining], order)
    return [([_to_plain(_get_value(row, name)) for name in order], row) for row in merged[:limit]]


def write_cursor(row: Any, *, listing: str, order: Order) -> str:
    """Return the cursor of the page that follows ``row`` in a listing of ``paginate``."""
    return _write_cursor(name_cursor(listing, order), row, order)


def write_position(listing: str, position: Sequence[Any]) -> str:
    """Return an opaque cursor, bound to ``listing``, for a listing that computes its own positions.

    :param position: plain values: text, numbers, None.
    """
    return seal(list(position), name=name_cursor(listing, ()))


def read_position(listing: str, cursor: str) -> list[Any]:
    """Return the position that :func:`write_position` put into ``cursor``.

    :raises InvalidCursor: the cursor does not belong to this listing.
    """
    return read_plain(name_cursor(listing, ()), cursor)


def check_limit(limit: int, max_limit: int = MAX_LIMIT) -> None:
    """Check a page size.

    :raises InvalidInput: it is not from 1 to ``max_limit``.
    """
    if not 1 <= limit <= max_limit:
        words = {"limit": limit, "most": max_limit}
        message = gettext("%(limit)s rows per page is out of range: ask for 1 to %(most)s.") % words
        raise InvalidInput(message, field="limit")


class _RowValue(Func):
    template = "(%(expressions)s)"


class _Compare(Func):
    template, output_field = "%(expressions)s", BooleanField()


def rows_after(
    source: QuerySet[Any],
    order: Order,
    position: list[Any] | None,
    *,
    is_bounded: bool,
    is_inclusive: bool = False,
) -> QuerySet[Any]:
    """Return the rows of ``source`` after a position.

    :param is_bounded: an index finds the first of them by another condition.
    :param is_inclusive: whether the row at the position is one of them.
    """
    ordered = source.order_by(*order)
    if position is None:
        return ordered

    values = [
        plain if isinstance(plain, Parameter) else Value(field.to_python(plain), output_field=field)
        for field, plain in zip(get_fields(source, order), position, strict=True)
    ]
    is_bounded = is_bounded or all(_is_own_column(source, name) for name in order)
    after = _build_condition(order, values, is_bounded=is_bounded, is_inclusive=is_inclusive)
    return ordered.filter(after)


def _is_own_column(source: QuerySet[Any], name: str) -> bool:
    name = name.lstrip("-")
    return "__" not in name and name not in source.query.annotations


def _rows_of_days(
    source: QuerySet[Any], column: str, position: list[Any] | None, limit: int
) -> QuerySet[Any]:
    """Return the rows of ``source`` up to the day on which the page that follows ``position`` ends.

    Sorted by time or as the list is, the rows have the same days at the same places.
    """
    if position is not None:
        end = add_days(start_of_day(datetime.fromisoformat(position[0])), days=1)
        source = source.filter(**{f"{column}__lt": end})

    first_of_next_page = source.order_by(f"-{column}").values(column)[limit : limit + 1]
    start = Coalesce(StartOfDay(Subquery(first_of_next_page)), Value(datetime.min.replace(tzinfo=UTC)))
    return source.filter(**{f"{column}__gte": start})


def keep_latest(rows: QuerySet[Any], column: str, number: int) -> QuerySet[Any]:
    """Return the rows that are as late as the last of the ``number`` latest, or later.

    For rows that are read latest first, where what orders those of one time is dear: a planner that takes it
    for cheap computes it for all rows of a player, and sorts them. Of these rows it is computed alone.

    :param column: a time, which an index has.
    """
    last = rows.order_by(f"-{column}").values(column)[number - 1 : number]
    earliest = Value(datetime.min.replace(tzinfo=UTC))
    return rows.filter(**{f"{column}__gte": Coalesce(Subquery(last), earliest)})


def _build_condition(order: Order, values: list[Value], *, is_bounded: bool, is_inclusive: bool = False) -> Q:
    """Return the condition for rows after a position, in a form that lets an index find the first of them.

    :param is_bounded: the order is of columns of one table, which an index can have, or something else bounds
        the rows: then one comparison of all values is enough.
    """
    names = [name.lstrip("-") for name in order]
    directions = {name.startswith("-") for name in order}
    if is_bounded and len(directions) == 1:
        sign = ("<" if directions.pop() else ">") + ("=" if is_inclusive else "")
        return Q(_Compare(_RowValue(*map(F, names)), _RowValue(*values), arg_joiner=f" {sign} "))

    after, equal = Q(), Q()
    for name, key, value in zip(names, order, values, strict=True):
        lookup = "lt" if key.startswith("-") else "gt"
        after |= equal & Q(**{f"{name}__{lookup}": value})
        equal &= Q(**{name: value})
    if is_inclusive:
        after |= equal

    # No index serves the OR. The bound on the first column lets an index scan start at the position.
    bound = "lte" if order[0].startswith("-") else "gte"
    return Q(**{f"{names[0]}__{bound}": values[0]}) & after


def merge(tables: Sequence[list[Any]], order: Order) -> list[Any]:
    """Return the rows of several tables, each in order, in order together, each once.

    A row is read twice when it moves to a later table between the two reads.
    """
    filled = [rows for rows in tables if rows]
    if len(filled) <= 1:
        return filled[0] if filled else []
    rows = [row for some in filled for row in some]
    by_position = {tuple(_get_value(row, name) for name in order): row for row in rows}

    positions = list(by_position)
    for column, name in reversed(list(enumerate(order))):
        positions.sort(key=itemgetter(column), reverse=name.startswith("-"))
    return [by_position[position] for position in positions]


def get_fields(source: QuerySet[Any], order: Order) -> list[models.Field[Any, Any]]:
    """Return the fields that the names of an order stand for."""
    return [_get_field(source, name) for name in order]


def _get_field(source: QuerySet[Any], name: str) -> models.Field[Any, Any]:
    """Return the field that a name of an order stands for."""
    annotation = source.query.annotations.get(name.lstrip("-"))
    if annotation is not None:
        return annotation.output_field

    model: Any = source.model
    *path, last = name.lstrip("-").split("__")
    for part in path:
        model = model._meta.get_field(part).related_model
    field: models.Field[Any, Any] = model._meta.pk if last == "pk" else model._meta.get_field(last)
    return field


def _get_value(row: Any, name: str) -> Any:
    for part in name.lstrip("-").split("__"):
        row = getattr(row, part)
    return row


def name_cursor(listing: str, order: Order) -> str:
    """Return what the cursors of a listing are bound to."""
    return f"cursor/{listing}/{','.join(order)}"


def _write_cursor(name: str, row: Any, order: Order) -> str:
    return write_plain(name, [_get_value(row, column) for column in order])


def write_plain(name: str, values: Sequence[Any]) -> str:
    """Return the cursor of what follows the row with these sort values; ``read_plain`` reads it."""
    return seal([_to_plain(value) for value in values], name=name)


def read_plain(name: str, cursor: str) -> list[Any]:
    """Return the plain sort values in a cursor.

    :raises InvalidCursor: it does not belong to this listing.
    """
    try:
        position: list[Any] = unseal(cursor, name=name)
    except BadSignature as error:
        raise InvalidCursor(
            gettext("This page link is damaged or belongs to another list: start again from the first page."),
            field="page",
        ) from error
    return position


def _to_plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
