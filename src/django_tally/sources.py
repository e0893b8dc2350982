"""The source tables, as history needs them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from django_tally.feeds import Feed, Model, column_of, list_feeds, list_holders
from django_tally.schema import quote
from django_tally.sql import column_sql


@dataclass(frozen=True)
class Source:
    """A source table and everything it feeds."""

    model: Model
    feeds: tuple[Feed, ...]

    @property
    def label(self) -> str:
        """Return the label of its history: its own, or that of the live table it is the archive of."""
        return history_label(self.model)

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def key(self) -> str:
        """Return the column of the primary key."""
        return str(self.model._meta.pk.column)

    @cached_property
    def owner_columns(self) -> list[str]:
        """Return the columns that name the owner of a row, for one feed or another."""
        return list(dict.fromkeys(feed.source_key_columns[0] for feed in self.feeds))

    def contributions(self, connection: BaseDatabaseWrapper) -> dict[tuple[str, str], str]:
        """Return what a row adds, as SQL over bare columns, per feed (holder and keys) and column."""
        return {
            (f"{feed.holder._meta.label} {feed.source_keys}", column): column_sql(feed, column, connection)
            for feed in self.feeds
            for column in feed.columns
        }

    def image_columns(self, connection: BaseDatabaseWrapper) -> list[str]:
        """Return the columns a revision keeps: all but JSON ones that no contribution reads."""
        read = " ".join(self.contributions(connection).values())
        columns = []
        for field in self.model._meta.concrete_fields:
            column = column_of(self.model, field.name)
            is_unread_json = isinstance(field, models.JSONField) and quote(column) not in read
            if not is_unread_json and not isinstance(field, models.GeneratedField):
                columns.append(column)
        return columns


def history_label(model: Model) -> str:
    """Return the label under which the history of ``model`` is kept."""
    return str(getattr(model, "history_of", model._meta.label))


def list_sources() -> list[Source]:
    """Return every source table, in a stable order."""
    grouped: dict[Model, list[Feed]] = {}
    for holder in list_holders():
        for feed in list_feeds(holder):
            grouped.setdefault(feed.source, []).append(feed)
    return [
        Source(model, tuple(feeds))
        for model, feeds in sorted(grouped.items(), key=lambda item: item[0]._meta.label)
    ]


def find_twin(source: Source) -> Source | None:
    """Return the table that exchanges rows with ``source`` under one id: its archive, or the live table."""
    twins = [
        other for other in list_sources() if other.label == source.label and other.model is not source.model
    ]
    return twins[0] if twins else None
