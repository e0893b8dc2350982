"""Find rows by the names of the facts they are about."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from django_tally.batches import in_batches

Row = TypeVar("Row", bound=Model)


def list_keyed(rows: QuerySet[Row], keys: Collection[str]) -> list[Row]:
    """Return those of ``rows`` whose ``dedupe_key`` is among ``keys``.

    The database looks for one key. Of many it would try each with each owner, so the keys of all rows are
    read, and then the rows that have one of them.
    """
    if len(keys) == 1:
        return list(rows.filter(dedupe_key__in=keys))

    named = set(keys)
    found = [pk for pk, key in rows.values_list("pk", "dedupe_key") if key in named]
    whole: QuerySet[Any] = rows.model._base_manager.all()
    return [row for batch in in_batches(found) for row in whole.filter(pk__in=batch)]
