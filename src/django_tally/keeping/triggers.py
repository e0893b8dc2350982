"""The triggers that keep numbers and their history, for whichever database it is."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from django_tally.feeds import (
    Model,
    are_rows_on_demand,
    get_stat_keys,
    get_stats,
    list_feeds,
    list_holders,
)
from django_tally.keeping import postgresql, sqlite
from django_tally.keeping.maintainer import SIGNALS, get_maintainer
from django_tally.models import Recording, Revision
from django_tally.sources import list_sources
from django_tally.triggers.trigger import Trigger

_DIALECTS = {"postgresql": postgresql, "sqlite": sqlite}


class UnsupportedDatabase(Exception):
    """The engine generates triggers for SQLite and PostgreSQL only."""


def build_triggers(connection: BaseDatabaseWrapper) -> list[Trigger]:
    """Return the triggers of every holder and every source.

    Under the maintainer ``signals`` those of the holders are left out; those that keep history stay, where
    the database can have them.

    :raises UnsupportedDatabase: when triggers keep the numbers and this database can have none.
    """
    by_signals = get_maintainer() == SIGNALS
    if connection.vendor not in _DIALECTS:
        if by_signals:
            return []
        raise UnsupportedDatabase(
            f"No triggers for {connection.vendor}: use SQLite or PostgreSQL, or TALLY_MAINTAINER=signals."
        )

    return list(_build(connection.alias, by_signals, tuple(map(_describe, list_holders()))))


def _describe(holder: Model) -> tuple[Any, ...]:
    """Return all that triggers are built from: what was built of the same is the same."""
    stats = tuple((stat.name, stat.column, tuple(stat.contributions)) for stat in get_stats(holder))
    return holder, get_stat_keys(holder), are_rows_on_demand(holder), stats


@lru_cache(maxsize=8)
def _build(
    alias: str,
    by_signals: bool,
    declared: tuple[tuple[Any, ...], ...],  # noqa: ARG001 - part of the key
) -> tuple[Trigger, ...]:
    connection = connections[alias]
    dialect = _DIALECTS[connection.vendor]
    holders = [] if by_signals else list_holders()
    triggers: list[Trigger] = []
    for holder in holders:
        triggers += dialect.build_holder_triggers(holder, connection)
    sources = list_sources()
    for source in sources:
        triggers += dialect.build_source_triggers(source, connection)
    return (*triggers, *dialect.build_commit_triggers()) if sources else tuple(triggers)


def list_tables() -> list[Model]:
    """Return every holder that is fed, every source, and what is written of their changes."""
    feeds = [feed for holder in list_holders() for feed in list_feeds(holder)]
    fed = dict.fromkeys(model for feed in feeds for model in (feed.holder, feed.source))
    return [*fed, Recording, Revision]
