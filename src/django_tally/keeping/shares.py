"""What source rows add to whom, computed by the database through the ORM, so that it runs on any database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from functools import cache, reduce
from operator import add
from typing import Any, cast

from django.db import connections, models
from django.db.models import Sum, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from django_tally.batches import in_batches
from django_tally.feeds import Feed, Model, list_feeds, list_holders
from django_tally.sql import contribution_expression

#: Rows named in one statement.
BATCH = 500

Keys = tuple[int, ...]
Amounts = tuple[int, ...]
#: (Position of the feed among its source's, keys) → what a row adds to each of the feed's columns.
#: Zeros are left out.
Shares = dict[tuple[int, Keys], Amounts]


@cache
def get_feeds(source: Model) -> tuple[Feed, ...]:
    """Return every feed of ``source``; none when it is no source."""
    return tuple(feed for holder in list_holders() for feed in list_feeds(holder) if feed.source is source)


def read_shares(source: Model, keys: Collection[Any], using: str, *, lock: bool = False) -> dict[Any, Shares]:
    """Return what each row of ``source`` with these primary keys adds; a row that does not exist is left out.

    :param lock: lock them too, in their order. A row that another transaction is changing is waited
        for, and read as it was left.
    """
    measured = _measured(source, using)
    if lock:  # NO KEY where there is such a lock: an insert of a child row must not wait for it
        measured = measured.select_for_update(
            no_key=connections[using].features.has_select_for_no_key_update
        ).order_by("pk")
    found: dict[Any, Shares] = {}
    for batch in in_batches(sorted(keys), BATCH):
        for key, *values in measured.filter(pk__in=batch).values_list("pk", *_columns(source)):
            found[key] = _read_values(source, values)
    return found


def sum_shares(feed: Feed, first_keys: Collection[int], using: str) -> dict[Keys, Amounts]:
    """Return what all rows of the feed's source add up to, per keys, for these values of the first key."""
    keys = [_attname(feed.source, key) for key in feed.source_keys]
    sums = {f"tally_{number}": Sum(_expression(feed, column)) for number, column in enumerate(feed.columns)}
    rows: models.QuerySet[Any] = models.QuerySet(feed.source, using=using).filter(
        **{f"{keys[0]}__in": first_keys}
    )
    rows = rows.filter(**{f"{key}__isnull": False for key in keys}).order_by()
    width = len(keys)
    return {tuple(row[:width]): tuple(row[width:]) for row in rows.values_list(*keys).annotate(**sums)}


def subtract(after: Shares, before: Shares) -> Shares:
    """Return what the change from ``before`` to ``after`` adds."""
    signed = Counter[tuple[tuple[int, Keys], int]]()
    for sign, shares in ((1, after), (-1, before)):
        for place, amounts in shares.items():
            signed.update({(place, position): sign * amount for position, amount in enumerate(amounts)})
    widths = {place: len(amounts) for place, amounts in (before | after).items()}
    return _without_zeros(
        {
            place: tuple(signed[place, position] for position in range(width))
            for place, width in widths.items()
        }
    )


def total(parts: Collection[Shares]) -> Shares:
    """Return several shares added up."""
    added: Shares = {}
    for part in parts:
        for place, amounts in part.items():
            added[place] = tuple(map(add, added[place], amounts)) if place in added else amounts
    return _without_zeros(added)


def _without_zeros(shares: Shares) -> Shares:
    return {place: amounts for place, amounts in shares.items() if any(amounts)}


def _measured(source: Model, using: str) -> models.QuerySet[Any]:
    sums = {
        f"tally_{number}_{column}": _expression(feed, column)
        for number, feed in _numbered(source)
        for column in feed.columns
    }
    rows: models.QuerySet[Any] = models.QuerySet(source, using=using)
    return cast("models.QuerySet[Any]", rows.annotate(**sums))


def _columns(source: Model) -> list[str]:
    """Return, per feed, its keys and its sums, in the order in which :func:`_read_values` takes them."""
    named = []
    for number, feed in _numbered(source):
        named += [_attname(source, key) for key in feed.source_keys]
        named += [f"tally_{number}_{column}" for column in feed.columns]
    return named


def _read_values(source: Model, values: list[Any]) -> Shares:
    shares, start = {}, 0
    for number, feed in _numbered(source):
        middle = start + len(feed.source_keys)
        end = middle + len(feed.columns)
        keys, amounts = tuple(values[start:middle]), tuple(values[middle:end])
        if None not in keys:
            shares[number, keys] = amounts
        start = end
    return _without_zeros(shares)


def _numbered(source: Model) -> Iterator[tuple[int, Feed]]:
    return enumerate(get_feeds(source))


def _attname(source: Model, key: str) -> str:
    return str(source._meta.get_field(key).attname)  # type: ignore[union-attr]


def _expression(feed: Feed, column: str) -> Combinable:
    parts = [
        Coalesce(contribution_expression(contribution), Value(0), output_field=models.BigIntegerField())
        for contribution in feed.columns[column]
    ]
    return reduce(add, parts)
