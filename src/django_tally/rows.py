"""The rows behind a number."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Q, QuerySet

from django_tally.declarations import Contribution
from django_tally.feeds import Model, get_stat_keys
from django_tally.fields import DerivedStat, Stat


class UnknownStat(LookupError):
    """The holder declares no such number."""


def get_counted_stat(holder: Model, name: str) -> Stat:
    """Return the stat called ``name``, or, for a derived number, the stat whose rows are behind it.

    :raises UnknownStat: when ``holder`` declares neither.
    """
    try:
        field = holder._meta.get_field(name)
    except FieldDoesNotExist:
        field = None
    if isinstance(field, DerivedStat):
        return get_counted_stat(holder, field.rows_of)
    if not isinstance(field, Stat):
        raise UnknownStat(f"{holder._meta.object_name} has no number called {name!r}.")
    return field


def rows_of(holder: Model, name: str, **keys: Any) -> list[QuerySet[Any]]:
    """Return the rows counted by ``name`` for one holder row, a queryset per source model.

    For a count, the querysets' counts add up to the number exactly; for a sum, the sums of the
    summed column do.

    :param keys: a value for each of the holder's keys: ``customer=customer``, or
        ``customer=customer, shop=shop``.
    """
    grouped: dict[type[models.Model], Q] = {}
    for contribution in get_counted_stat(holder, name).contributions:
        condition = _condition(holder, contribution, keys)
        earlier = grouped.get(contribution.model)
        grouped[contribution.model] = condition if earlier is None else earlier | condition
    return [source._base_manager.filter(condition) for source, condition in grouped.items()]


def _condition(holder: Model, contribution: Contribution, keys: dict[str, Any]) -> Q:
    unknown = keys.keys() ^ set(get_stat_keys(holder))
    if unknown:
        raise TypeError(
            f"rows_of({holder._meta.object_name}) takes exactly the keys {get_stat_keys(holder)}, "
            f"not {sorted(keys)}"
        )
    return contribution.where & Q(**{contribution.key_for(key): value for key, value in keys.items()})
