"""Which source feeds which columns of which holder, read off the declarations."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from django.apps import apps
from django.db import models

from django_tally.declarations import Contribution
from django_tally.fields import DerivedStat, Stat

Model = type[models.Model]


def list_holders() -> list[Model]:
    """Return every installed model with declared stats, in a stable order."""
    return sorted(
        (model for model in apps.get_models() if get_stats(model)), key=lambda model: model._meta.label
    )


def get_stats(holder: Model) -> list[Stat]:
    """Return the declared stats of ``holder``, in the order of declaration."""
    return [
        field for field in holder._meta.concrete_fields if isinstance(field, Stat) and field.contributions
    ]


def get_contributions(holder: Model) -> tuple[Contribution, ...]:
    """Return all that the stats of ``holder`` declare: SQL written from it is right as long as it is that."""
    return tuple(each for stat in get_stats(holder) for each in stat.contributions)


def get_derived(holder: Model) -> list[DerivedStat]:
    """Return the computed numbers of ``holder``."""
    return [field for field in holder._meta.concrete_fields if isinstance(field, DerivedStat)]


def get_stat_keys(holder: Model) -> tuple[str, ...]:
    """Return the names of the fields that together identify a row of ``holder``: its ``stat_keys``."""
    return tuple(getattr(holder, "stat_keys", ()))


def are_rows_on_demand(holder: Model) -> bool:
    """Return whether the triggers create a missing row; where not, the application must."""
    return bool(getattr(holder, "stat_rows_on_demand", False))


def get_key_columns(holder: Model) -> tuple[str, ...]:
    """Return the columns of :func:`get_stat_keys`."""
    return tuple(column_of(holder, key) for key in get_stat_keys(holder))


def get_stat_columns(holder: Model) -> list[str]:
    """Return the columns of :func:`get_stats`."""
    return [column_of(holder, stat.name) for stat in get_stats(holder)]


def column_of(model: Model, field: str) -> str:
    """Return the column behind a concrete field of ``model``."""
    return str(cast("models.Field[Any, Any]", model._meta.get_field(field)).column)


@dataclass(frozen=True)
class Feed:
    """Everything one source table adds to one holder under one set of keys: one statement serves it all.

    ``columns`` maps each fed column to the contributions a source row makes to it.
    """

    holder: Model
    source: Model
    source_keys: tuple[str, ...]
    columns: dict[str, tuple[Contribution, ...]]

    @property
    def key_pairs(self) -> list[tuple[str, str]]:
        """Return holder column and source column of each key."""
        return list(zip(get_key_columns(self.holder), self.source_key_columns, strict=True))

    @property
    def source_key_columns(self) -> tuple[str, ...]:
        return tuple(column_of(self.source, key) for key in self.source_keys)

    @property
    def happened_columns(self) -> tuple[str, ...]:
        """Return the columns of the source that say when the fact of a row happened."""
        named = (each.happened_at for found in self.columns.values() for each in found)
        return tuple(column_of(self.source, name) for name in dict.fromkeys(named))

    @property
    def label(self) -> str:
        """Return a short name, unique among feeds.

        It fits in a PostgreSQL identifier, with room for a suffix.
        """
        full = f"{self.holder._meta.db_table} {self.source._meta.db_table} {self.source_keys}"
        digest = hashlib.sha256(full.encode()).hexdigest()[:6]
        return f"{self.holder._meta.model_name}_{self.source._meta.model_name}"[:40] + f"_{digest}"


def _list_contributions(holder: Model) -> Iterator[tuple[tuple[Model, tuple[str, ...]], str, Contribution]]:
    for stat in get_stats(holder):
        for contribution in stat.contributions:
            keys = tuple(contribution.key_for(key) for key in get_stat_keys(holder))
            yield (contribution.model, keys), column_of(holder, stat.name), contribution


def list_feeds(holder: Model) -> list[Feed]:
    """Return the feeds of ``holder``, in the order in which their sources are first named."""
    grouped: dict[tuple[Model, tuple[str, ...]], dict[str, tuple[Contribution, ...]]] = {}
    for group, column, contribution in _list_contributions(holder):
        columns = grouped.setdefault(group, {})
        columns[column] = (*columns.get(column, ()), contribution)
    return [Feed(holder, source, keys, columns) for (source, keys), columns in grouped.items()]
