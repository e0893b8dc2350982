"""Fixtures that carry rows with numbers, as a full ``dumpdata`` does: the numbers stay the database's own."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.signals import pre_save

from django_tally.feeds import Model, are_rows_on_demand, get_stat_keys, get_stats, list_holders


def connect() -> None:
    """Check every row of a holder before it is loaded from a fixture."""
    for holder in list_holders():
        pre_save.connect(_prepare_loaded_row, sender=holder)


def _prepare_loaded_row(sender: Model, instance: models.Model, raw: bool, using: str, **_: Any) -> None:
    """Drop the numbers of a loaded row: a new row starts at 0, one that exists keeps its own.

    A row made on demand exists since the first of its sources was loaded, perhaps under another id
    than it had where it was dumped: it is found by its keys, not by that id.
    """
    if not raw:
        return
    for stat in get_stats(sender):
        setattr(instance, stat.attname, 0)
    if are_rows_on_demand(sender):
        names = [str(sender._meta.get_field(key).attname) for key in get_stat_keys(sender)]  # type: ignore[union-attr]
        same: models.QuerySet[Any] = models.QuerySet(sender, using=using)
        instance.pk = (
            same.filter(**{name: getattr(instance, name) for name in names})
            .values_list("pk", flat=True)
            .first()
        )
