"""The maintainer ``signals``: ``post_save`` and ``post_delete`` move the numbers, with ``F()``.

Django sends ``post_save`` outside any transaction under autocommit, and nothing at all for its bulk methods.
So five of Django's own methods are wrapped while this maintainer is at work: each opens one transaction (or
joins the writer's) around the reading of the rows as they are, under lock, the write, and the counting. What
does not pass through them is not seen (raw SQL, other programs); reconciliation repairs it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterator
from typing import Any

from django.apps import apps
from django.db import connections, models, router
from django.db.models import Q
from django.db.models.deletion import Collector
from django.db.models.signals import post_delete, post_save, pre_save

from django_tally.batches import in_batches
from django_tally.feeds import Model, are_rows_on_demand, get_stat_keys, get_stats
from django_tally.keeping.ledger import concrete, counting, get_frame, recount_holders
from django_tally.keeping.shares import BATCH, get_feeds

Rows = models.QuerySet[Any]
#: Owner and name of each method wrapped → Django's own.
_originals: dict[tuple[type, str], Callable[..., Any]] = {}


def install() -> None:
    """Start maintaining; do nothing when it has started."""
    if _originals:
        return
    get_feeds.cache_clear()  # the declarations may have been others when it was last at work
    for owner, wrapper in WRAPPERS:
        name = wrapper.__name__
        _originals[owner, name] = original = getattr(owner, name)
        setattr(owner, name, functools.wraps(original)(wrapper))
    for model in _list_senders():
        pre_save.connect(_remember_row, sender=model)
        post_save.connect(_settle_row, sender=model)
        post_delete.connect(_settle_deleted, sender=model)


def uninstall() -> None:
    """Stop maintaining, and leave Django's methods as they were."""
    for model in _list_senders():
        pre_save.disconnect(_remember_row, sender=model)
        post_save.disconnect(_settle_row, sender=model)
        post_delete.disconnect(_settle_deleted, sender=model)
    for (owner, name), original in _originals.items():
        setattr(owner, name, original)
    _originals.clear()


def _list_senders() -> list[Model]:
    return [model for model in apps.get_models() if _is_source(model) or _starts_counted(model)]


def _is_source(model: Model) -> bool:
    return bool(get_feeds(concrete(model)))


def _starts_counted(model: Model) -> bool:
    """Return whether its rows are made by others, perhaps after their sources, whose sums they start at."""
    return bool(get_stats(concrete(model))) and not are_rows_on_demand(concrete(model))


def _remember_row(sender: Model, instance: models.Model, using: str, **_: Any) -> None:
    frame = get_frame(using)
    if not frame or not _is_source(sender):
        return
    if instance.pk is None:
        frame.expect_insert(instance)
    else:
        frame.remember(concrete(sender), [_key_of(instance)])


def _settle_row(sender: Model, instance: models.Model, using: str, created: bool, **_: Any) -> None:
    frame = get_frame(using)
    if frame and _is_source(sender):
        frame.settle(concrete(sender), [_key_of(instance)])
    if created and _starts_counted(sender):
        recount_holders(concrete(sender), _owners(concrete(sender), [instance]), using)


def _settle_deleted(sender: Model, using: str, **_: Any) -> None:
    # Sent for each instance, after the statement that deleted them all: the first settles the lot.
    frame = get_frame(using)
    if frame and (keys := frame.list_unsettled(concrete(sender))):
        frame.settle(concrete(sender), keys)


def _key_of(instance: models.Model) -> Any:
    """Return the primary key as the database returns it: an instance may have it as text."""
    return instance._meta.pk.to_python(instance.pk)


def save_base(  # noqa: PLR0917 - as Django's
    self: models.Model,
    raw: bool = False,
    force_insert: Any = False,
    force_update: bool = False,
    using: str | None = None,
    update_fields: Any = None,
) -> None:
    using = using or router.db_for_write(self.__class__, instance=self)
    original = functools.partial(
        _originals[models.Model, "save_base"], self, raw, force_insert, force_update, using, update_fields
    )
    if not (_is_source(type(self)) or _starts_counted(type(self))):
        original()
        return
    with counting(using):
        original()


def delete(self: Collector) -> Any:
    sources = {model: rows for model, rows in self.data.items() if _is_source(model)}
    if not sources:
        return _originals[Collector, "delete"](self)
    with counting(self.using) as frame:
        for model, rows in sources.items():
            frame.remember(concrete(model), [_key_of(row) for row in rows])
        return _originals[Collector, "delete"](self)


def update(self: Rows, **kwargs: Any) -> int:
    write = _originals[models.QuerySet, "update"]
    return int(_count_set(self, lambda rows: write(rows, **kwargs), _write_alias(self)))


def _raw_delete(self: Rows, using: str) -> int:
    write = _originals[models.QuerySet, "_raw_delete"]
    return int(_count_set(self, lambda rows: write(rows, using), using))


def _count_set(rows: Rows, write: Callable[[Rows], Any], using: str) -> Any:
    """Count a statement over many rows.

    Where rows can be locked, it is kept to those that were: a row that another transaction lets match
    in the meantime would be written and not counted.
    """
    if not _is_source(rows.model) or rows.query.is_sliced or rows.query.combinator:
        return write(rows) or 0  # Django refuses the latter two itself
    source = concrete(rows.model)
    with counting(using) as frame:
        found = list(rows.using(using).order_by().values_list("pk", flat=True))
        present = frame.remember(source, found)
        written = write(
            rows.filter(pk__in=present) if connections[using].features.has_select_for_update else rows
        )
        frame.settle(source, present)
        rows._result_cache = None
        return written or 0


def bulk_create(  # noqa: PLR0917 - as Django's
    self: Rows,
    objs: Any,
    batch_size: int | None = None,
    ignore_conflicts: bool = False,
    update_conflicts: bool = False,
    update_fields: Any = None,
    unique_fields: Any = None,
) -> Any:
    objs, model, using = list(objs), concrete(self.model), _write_alias(self)
    original = _originals[models.QuerySet, "bulk_create"]
    write = functools.partial(
        original, self, objs, batch_size, ignore_conflicts, update_conflicts, update_fields, unique_fields
    )
    if not (_is_source(model) or _starts_counted(model)):
        return write()
    with counting(using) as frame:
        disturbed = set()
        if update_conflicts:
            disturbed = set(_find_disturbed(model, objs, unique_fields or (), using))

        created = write()
        # Django does not say which rows are new after a conflict, nor without their keys.
        is_unknown = ignore_conflicts or update_conflicts or any(row.pk is None for row in objs)
        if is_unknown:
            _recount_owners(model, objs, disturbed, using)
        else:
            frame.settle(model, [_key_of(row) for row in objs])
        if _starts_counted(model):
            recount_holders(model, _owners(model, objs), using)
        return created


def _write_alias(rows: Rows) -> str:
    rows._for_write = True  # type: ignore[attr-defined]
    return str(rows.db)


def _find_disturbed(
    source: Model, objs: list[models.Model], unique: Collection[str], using: str
) -> Iterator[tuple[str, int]]:
    """Yield the owners, with the name of their column, whose rows an upsert may take away from them."""
    names = [str(source._meta.pk.attname if name == "pk" else _attname(source, name)) for name in unique]
    for batch in in_batches(objs, BATCH):
        same = Q(*(Q(**{name: getattr(row, name) for name in names}) for row in batch), _connector=Q.OR)
        for owner in _owner_names(source):
            yield from (
                (owner, key)
                for key in models.QuerySet(source, using=using).filter(same).values_list(owner, flat=True)
            )


def _recount_owners(
    source: Model, objs: list[models.Model], disturbed: set[tuple[str, int]], using: str
) -> None:
    for feed in get_feeds(source):
        owner = _attname(source, feed.source_keys[0])
        keys = {getattr(row, owner) for row in objs} | {key for name, key in disturbed if name == owner}
        recount_holders(feed.holder, keys - {None}, using)


def _owner_names(source: Model) -> list[str]:
    return sorted({_attname(source, feed.source_keys[0]) for feed in get_feeds(source)})


def _owners(holder: Model, rows: list[models.Model]) -> list[int]:
    return [getattr(row, _attname(holder, get_stat_keys(holder)[0])) for row in rows]


def _attname(model: Model, name: str) -> str:
    return str(model._meta.get_field(name).attname)  # type: ignore[union-attr]


#: What is wrapped: the class, and the function that stands in for its method of the same name.
WRAPPERS: tuple[tuple[type, Callable[..., Any]], ...] = (
    (models.Model, save_base),
    (Collector, delete),
    (models.QuerySet, update),
    (models.QuerySet, _raw_delete),
    (models.QuerySet, bulk_create),
)
