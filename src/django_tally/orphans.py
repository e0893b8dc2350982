"""Rows that count nowhere because what they point to is not there: no repair can put such a number right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import models

from django_tally.batches import in_batches
from django_tally.feeds import Model, are_rows_on_demand, get_stat_keys, list_feeds
from django_tally.keeping.shares import BATCH
from django_tally.schema import table_of
from django_tally.verification import Drift


@dataclass(frozen=True)
class Sorted:
    """Findings, parted into numbers to repair and faults, in sentences, that a person must mend."""

    drifts: list[Drift]
    faults: list[str]


def sort_findings(holder: Model, found: Sequence[Drift]) -> Sorted:
    """Part numbers that have drifted from those that nobody can have.

    A number has no row to be kept in where its owner does not exist (rows were written, or the owner deleted,
    while foreign keys were not looked at), or where the application did not make the row.
    """
    missing = {drift.keys for drift in found if drift.cached is None}
    if not missing:
        return Sorted(list(found), [])

    faults, orphaned = [], set()
    for position, key in enumerate(get_stat_keys(holder)):
        absent = _find_absent(holder, key, {keys[position] for keys in missing})
        orphaned |= {keys for keys in missing if keys[position] in absent}
        if absent:
            faults += _describe_orphans(holder, key, absent)

    homeless = set() if are_rows_on_demand(holder) else missing - orphaned
    if homeless:
        faults.append(
            f"{len(homeless)} owners have no row in {table_of(holder)}, so their rows count nowhere: "
            "create it"
        )
    return Sorted([drift for drift in found if drift.keys not in orphaned | homeless], faults)


def _find_absent(holder: Model, key: str, wanted: set[int]) -> set[int]:
    owner = _related(holder, key)
    present: set[int] = set()
    for batch in in_batches(sorted(wanted), BATCH):
        present |= set(owner._base_manager.filter(pk__in=batch).values_list("pk", flat=True))
    return wanted - present


def _describe_orphans(holder: Model, key: str, absent: set[int]) -> list[str]:
    owner = table_of(_related(holder, key))
    faults = []
    for feed in list_feeds(holder):
        name = dict(zip(get_stat_keys(holder), feed.source_keys, strict=True))[key]
        column = str(feed.source._meta.get_field(name).column)  # type: ignore[union-attr]
        counts = [
            feed.source._base_manager.filter(**{f"{name}__in": batch}).count()
            for batch in in_batches(sorted(absent), BATCH)
        ]
        if sum(counts):
            faults.append(
                f"{sum(counts)} rows of {table_of(feed.source)} point by {column} to rows that {owner} does "
                f"not have, and count nowhere: delete those whose {column} is not in {owner}, or restore "
                "what they point to and reconcile again (something wrote while foreign keys were not checked)"
            )
    return faults


def _related(holder: Model, key: str) -> type[models.Model]:
    related = holder._meta.get_field(key).related_model
    assert isinstance(related, type)  # noqa: S101 - the checks require a foreign key
    return related
