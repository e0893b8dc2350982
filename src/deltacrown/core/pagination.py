"""Pages by position, not by number: a page costs the same however deep it lies, and no row is skipped or repeated when rows arrive.

A cursor holds the sort values of the last row of a page. It is sealed, and bound to the listing it
came from, so that it can be handed to anybody, tells nobody a database key, and can be taken back from anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any, Generic, TypeVar

from django.core.signing import BadSignature
from django.db import models
from django.db.models import BooleanField, F, Func, Q, QuerySet, Value

from deltacrown.core.errors import InvalidInput
from deltacrown.core.sealing import seal, unseal

Row = TypeVar("Row")
Other = TypeVar("Other")
Order = tuple[str, ...]

MAX_LIMIT = 50


class InvalidCursor(InvalidInput):
    """A page cursor that was changed, or that belongs to another listing."""

    code = "invalid-cursor"


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some consecutive rows of a listing.

    :param items: at most ``limit`` rows, in the order of the listing.
    :param next_cursor: what to ask the following page with; ``None`` on the last page.
    """

    items: list[Row]
    next_cursor: str | None
    has_next: bool

    def with_items(self, change: Callable[[Sequence[Row]], list[Other]]) -> Page[Other]:
        """Return the same page with its items replaced by what ``change`` makes of all of them together."""
        return Page(change(self.items), self.next_cursor, self.has_next)


def paginate(
    querysets: QuerySet[Any] | Sequence[QuerySet[Any]],
    *,
    listing: str,
    order: Order = ("-played_at", "-id"),
    cursor: str | None = None,
    limit: int,
    max_limit: int = MAX_LIMIT,
) -> Page[Any]:
    """Return the page of ``querysets`` that follows ``cursor``.

    :param querysets: one queryset, or several over tables of the same shape, read as one listing; the live table
        first and its archive after it, so that a row moved meanwhile is not missed.
    :param listing: names the listing and its filters; a cursor is refused by any other one.
    :param order: field names, ``-`` for descending; never null, and unique together.
    :param cursor: the ``next_cursor`` of the page before, or ``None`` for the first page.
    :param limit: rows per page, 1 to ``max_limit``.
    :raises InvalidInput: for a limit out of range (it is not clamped).
    :raises InvalidCursor: for a cursor that is not one of this listing's.
    """
    check_limit(limit, max_limit)
    sources = [querysets] if isinstance(querysets, QuerySet) else list(querysets)
    name = _cursor_name(listing, order)
    position = _read_cursor(name, cursor) if cursor else None
    rows = [row for source in sources for row in _rows_past(source, order, position)[: limit + 1]]
    if len(sources) > 1:
        rows = _merged(rows, order)
    items, has_next = rows[:limit], len(rows) > limit
    return Page(items, _write_cursor(name, items[-1], order) if has_next else None, has_next)


def write_position(listing: str, position: Sequence[Any]) -> str:
    """A cursor for a listing that keeps its own positions: sealed, and bound to ``listing``.

    :param position: plain values: text, numbers, ``None``.
    """
    return seal(list(position), name=_cursor_name(listing, ()))


def read_position(listing: str, cursor: str) -> list[Any]:
    """What :func:`write_position` was given.

    :raises InvalidCursor: for a cursor that is not one of this listing's.
    """
    return _read_cursor(_cursor_name(listing, ()), cursor)


def check_limit(limit: int, max_limit: int = MAX_LIMIT) -> None:
    """Refuse a page size outside 1 to ``max_limit``."""
    if not 1 <= limit <= max_limit:
        raise InvalidInput(f"{limit} rows per page is out of range: ask for 1 to {max_limit}.", field="limit")


class _RowValue(Func):
    template = "(%(expressions)s)"


class _Precedes(Func):
    template, arg_joiner, output_field = "%(expressions)s", " < ", BooleanField()


class _Follows(Func):
    template, arg_joiner, output_field = "%(expressions)s", " > ", BooleanField()


def _rows_past(source: QuerySet[Any], order: Order, position: list[Any] | None) -> QuerySet[Any]:
    ordered = source.order_by(*order)
    if position is None:
        return ordered
    fields = [_field(source.model, name) for name in order]
    values = [
        Value(field.to_python(plain), output_field=field)
        for field, plain in zip(fields, position, strict=True)
    ]
    return ordered.filter(_past(order, values))


def _past(order: Order, values: list[Value]) -> Q:
    """The rows after a position, in the form whose bounds an index can serve."""
    names = [name.lstrip("-") for name in order]
    descending = {name.startswith("-") for name in order}
    if len(descending) == 1:
        compare = _Precedes if descending.pop() else _Follows
        return Q(compare(_RowValue(*map(F, names)), _RowValue(*values)))
    past, equal = Q(), Q()
    for name, key, value in zip(names, order, values, strict=True):
        past |= equal & Q(**{f"{name}__{'lt' if key.startswith('-') else 'gt'}": value})
        equal &= Q(**{name: value})
    # No index serves the OR; the bound on the first column lets the index start at the position's ties.
    return Q(**{f"{names[0]}__{'lte' if order[0].startswith('-') else 'gte'}": values[0]}) & past


def _merged(rows: list[Any], order: Order) -> list[Any]:
    """One listing out of several; a row seen twice was moved to a later table while we read, and is kept once."""
    once = {tuple(_value(row, name) for name in order): row for row in rows}
    positions = list(once)
    for column, name in reversed(list(enumerate(order))):
        positions.sort(key=itemgetter(column), reverse=name.startswith("-"))
    return [once[position] for position in positions]


def _field(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    *path, last = name.lstrip("-").split("__")
    for part in path:
        model = model._meta.get_field(part).related_model  # type: ignore[assignment]
    return model._meta.pk if last == "pk" else model._meta.get_field(last)  # type: ignore[return-value]


def _value(row: Any, name: str) -> Any:
    for part in name.lstrip("-").split("__"):
        row = getattr(row, part)
    return row


def _cursor_name(listing: str, order: Order) -> str:
    return f"cursor/{listing}/{','.join(order)}"


def _write_cursor(name: str, row: Any, order: Order) -> str:
    return seal([_plain(_value(row, column)) for column in order], name=name)


def _read_cursor(name: str, cursor: str) -> list[Any]:
    try:
        position: list[Any] = unseal(cursor, name=name)
    except BadSignature as error:
        raise InvalidCursor(
            "This page link is damaged or belongs to another list: start again from the first page.",
            field="page",
        ) from error
    return position


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
