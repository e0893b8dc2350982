"""Count a write from Python: what its rows added before, what they add after, the difference to the holders.

Everything happens in one transaction with the write, opened here where the writer has none. Locks are
taken as the triggers take them: source rows, then holders, each in the order of their keys.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connections, models, transaction
from django.db.models import F, Q, Value

from django_tally.batches import in_batches
from django_tally.feeds import Model, are_rows_on_demand, get_stat_columns, get_stat_keys, list_feeds
from django_tally.keeping.shares import (
    BATCH,
    Amounts,
    Keys,
    Shares,
    get_feeds,
    read_shares,
    subtract,
    sum_shares,
    total,
)

Rows = models.QuerySet[Any]
#: Source row (its model and primary key) → what the numbers include of it.
Included = dict[tuple[Model, Any], Shares]


class _Frames(threading.local):
    """The writes under way in this thread, outermost first: a receiver may save while a save is under way."""

    def __init__(self) -> None:
        self.stack: list[Frame] = []


_frames = _Frames()


class Frame:
    """One write and the rows it touches."""

    def __init__(self, using: str) -> None:
        self.using = using
        self.included: Included = {}
        self.touched: dict[Model, list[Any]] = defaultdict(list)
        self.inserting: models.Model | None = None

    def remember(self, source: Model, keys: Collection[Any]) -> list[Any]:
        """Lock these rows, record what the numbers include of each, and return the keys of those that exist.

        A row that a write around this one has already recorded stays as recorded there.
        """
        read = read_shares(source, keys, self.using, lock=True)
        self.touched[source] += keys
        for key in keys:
            if self._noting(source, key) is None:
                self.included[source, key] = read.get(key, {})
        return list(read)

    def settle(self, source: Model, keys: Collection[Any]) -> None:
        """Add to the holders the difference between what these rows add now and what was included of them."""
        now = read_shares(source, keys, self.using)
        changes = []
        for key in keys:
            noting = self._noting(source, key) or self
            before = noting.included.get((source, key), {})
            noting.included[source, key] = now.get(key, {})
            changes.append(subtract(now.get(key, {}), before))
        arrived = {place for shares in now.values() for place in shares}
        apply_changes(source, total(changes), arrived, self.using)

    def settle_everything(self) -> None:
        """Settle every row touched so far: nothing of what is written already is left to be counted later."""
        for source, keys in self.touched.items():
            self.settle(source, list(dict.fromkeys(keys)))
        if self.inserting is not None and self.inserting.pk is not None:
            self.settle(concrete(type(self.inserting)), [self.inserting.pk])

    def list_unsettled(self, source: Model) -> list[Any]:
        """List the rows of ``source`` of which the numbers still include something."""
        noted = ((key, self._noting(source, key)) for key in self.touched[source])
        return [key for key, frame in noted if frame and frame.included[source, key]]

    def expect_insert(self, instance: models.Model) -> None:
        """Record that nothing of the row of ``instance`` is included yet, whatever key it is given.

        A receiver may save or delete it before it is settled.
        """
        self.inserting = instance

    def _noting(self, source: Model, key: Any) -> Frame | None:
        return next(
            (frame for frame in _frames.stack if frame.using == self.using and frame._notes(source, key)),
            None,
        )

    def _notes(self, source: Model, key: Any) -> bool:
        if self.inserting is not None and isinstance(self.inserting, source) and self.inserting.pk == key:
            self.included.setdefault((source, key), {})
        return (source, key) in self.included


def concrete(model: Model) -> Model:
    """Return the model whose table it is."""
    return model._meta.concrete_model or model


@contextmanager
def counting(using: str) -> Iterator[Frame]:
    """Run a write and its counting in one transaction: the writer's, or under autocommit one of their own."""
    with transaction.atomic(using=using, savepoint=False):
        frame = Frame(using)
        _frames.stack.append(frame)
        try:
            yield frame
        finally:
            _frames.stack.pop()


def get_frame(using: str) -> Frame | None:
    """Return the current write; ``None`` when a signal was sent by hand and nothing is written."""
    return next((frame for frame in reversed(_frames.stack) if frame.using == using), None)


def apply_changes(source: Model, changes: Shares, arrived: Collection[tuple[int, Keys]], using: str) -> None:
    """Add ``changes`` to the holders, with ``F()``.

    Rows made on demand are made for what ``arrived``, never for what went.
    """
    for number, feed in enumerate(get_feeds(source)):
        ours = {keys: amounts for (place, keys), amounts in changes.items() if place == number}
        if are_rows_on_demand(feed.holder):
            _make_rows(feed.holder, [keys for keys in ours if (number, keys) in arrived], using)
        _lock_rows(feed.holder, list(ours), using)
        for amounts, owners in _group(ours).items():
            pairs = zip(_names(feed.holder, feed.columns), amounts, strict=True)
            sets = {name: F(name) + amount for name, amount in pairs if amount}
            for batch in in_batches(owners, BATCH):
                _rows(feed.holder, batch, using).update(**sets)


def recount_holders(holder: Model, first_keys: Collection[int], using: str) -> None:
    """Set every number of these owners to what the sources say: locked first, counted in later statements.

    For writes that do not tell which rows they inserted. Writes under way around this one are settled first:
    what they have written is in the sources, and they would count it once more.
    """
    firsts = sorted(set(first_keys))
    with transaction.atomic(using=using, savepoint=False):
        for frame in _frames.stack:
            if frame.using == using:
                frame.settle_everything()
        for batch in in_batches(firsts, BATCH):
            _recount_batch(holder, batch, using)


def _recount_batch(holder: Model, first_keys: Collection[int], using: str) -> None:
    key_names = _key_names(holder)
    owned: Rows = (
        models.QuerySet(holder, using=using)
        .filter(**{f"{key_names[0]}__in": first_keys})
        .order_by(*key_names)
    )
    list(owned.select_for_update(no_key=_has_no_key(using)).values_list("pk"))
    truth = _count(holder, first_keys, using)
    if are_rows_on_demand(holder):
        _make_rows(holder, [keys for keys, numbers in truth.items() if any(numbers)], using)
    columns = get_stat_columns(holder)
    names = _names(holder, columns)
    for keys, numbers in _read_numbers(owned, key_names, names).items():
        actual = truth.get(keys, (0,) * len(columns))
        if actual != numbers:
            _rows(holder, [keys], using).update(
                **{name: Value(n) for name, n in zip(names, actual, strict=True)}
            )


def _read_numbers(rows: Rows, key_names: list[str], names: list[str]) -> dict[Keys, Amounts]:
    width = len(key_names)
    return {row[:width]: row[width:] for row in rows.values_list(*key_names, *names)}


def _count(holder: Model, first_keys: Collection[int], using: str) -> dict[Keys, Amounts]:
    columns = get_stat_columns(holder)
    truth: dict[Keys, list[int]] = defaultdict(lambda: [0] * len(columns))
    for feed in list_feeds(holder):
        for keys, amounts in sum_shares(feed, first_keys, using).items():
            for column, amount in zip(feed.columns, amounts, strict=True):
                truth[keys][columns.index(column)] += amount
    return {keys: tuple(numbers) for keys, numbers in truth.items()}


def _make_rows(holder: Model, wanted: list[Keys], using: str) -> None:
    rows: Rows = models.QuerySet(holder, using=using)
    for batch in in_batches(sorted(wanted), BATCH):
        present = set(_rows(holder, batch, using).values_list(*_key_names(holder)))
        absent = [keys for keys in batch if keys not in present]
        missing = [holder(**dict(zip(_key_names(holder), keys, strict=True))) for keys in absent]
        rows.bulk_create(missing, ignore_conflicts=True)


def _lock_rows(holder: Model, owners: list[Keys], using: str) -> None:
    # One order for every writer, or two of them deadlock. A single row is locked by its own update.
    if len(owners) < 2:
        return
    for batch in in_batches(sorted(owners), BATCH):
        rows = _rows(holder, batch, using).order_by(*_key_names(holder))
        list(rows.select_for_update(no_key=_has_no_key(using)).values_list("pk"))


def _rows(holder: Model, owners: Collection[Keys], using: str) -> Rows:
    names = _key_names(holder)
    rows: Rows = models.QuerySet(holder, using=using)
    if len(names) == 1:
        return rows.filter(**{f"{names[0]}__in": [keys[0] for keys in owners]})
    return rows.filter(Q(*(Q(**dict(zip(names, keys, strict=True))) for keys in owners), _connector=Q.OR))


def _group(changes: Mapping[Keys, Amounts]) -> dict[Amounts, list[Keys]]:
    grouped: dict[Amounts, list[Keys]] = defaultdict(list)
    for keys, amounts in sorted(changes.items()):
        grouped[amounts].append(keys)
    return grouped


def _key_names(holder: Model) -> list[str]:
    return [str(holder._meta.get_field(key).attname) for key in get_stat_keys(holder)]  # type: ignore[union-attr]


def _names(holder: Model, columns: Collection[str]) -> list[str]:
    """Return the fields behind ``columns``."""
    named = {str(field.column): field.attname for field in holder._meta.concrete_fields}
    return [named[column] for column in columns]


def _has_no_key(using: str) -> bool:
    return bool(connections[using].features.has_select_for_no_key_update)
