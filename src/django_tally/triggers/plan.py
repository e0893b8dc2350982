"""The triggers a set of declarations asks for: of every holder, every source, and of whoever adds some."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper

from django_tally import postgresql, sqlite
from django_tally.feeds import Model, list_holders
from django_tally.maintainers import SIGNALS, get_maintainer
from django_tally.sources import list_sources
from django_tally.triggers.trigger import Trigger

DIALECTS = {"postgresql": postgresql, "sqlite": sqlite}


@dataclass(frozen=True)
class Provider:
    """Triggers of another app that are installed along with the engine's own.

    :param build: return the triggers for the database behind a connection.
    :param list_tables: return every model whose table these triggers read or write.
    :param after_install: called with the database's alias when triggers were put in that had been away.
    """

    build: Callable[[BaseDatabaseWrapper], list[Trigger]]
    list_tables: Callable[[], list[Model]] = list
    after_install: Callable[[str], None] | None = None


_providers: list[Provider] = []


class UnsupportedDatabase(Exception):
    """The engine generates triggers for SQLite and PostgreSQL only."""


def register_provider(provider: Provider) -> None:
    """Have the triggers of ``provider`` installed, dropped, fingerprinted and checked along with the engine's own."""
    if provider not in _providers:
        _providers.append(provider)


def list_providers() -> list[Provider]:
    """Return every registered provider."""
    return list(_providers)


def build_triggers(connection: BaseDatabaseWrapper) -> list[Trigger]:
    """Every trigger that belongs in the database behind ``connection``.

    Under the maintainer ``signals`` those that keep numbers are left out; those that keep history and
    make the rows of new users stay, where the database can have them.
    """
    by_signals = get_maintainer() == SIGNALS
    if connection.vendor not in DIALECTS:
        if by_signals:
            return []
        raise UnsupportedDatabase(f"No triggers for {connection.vendor}: use SQLite or PostgreSQL, or TALLY_MAINTAINER=signals.")
    dialect = DIALECTS[connection.vendor]
    holders = [] if by_signals else list_holders()
    own = [trigger for holder in holders for trigger in dialect.build_holder_triggers(holder, connection)]
    own += [trigger for source in list_sources() for trigger in dialect.build_source_triggers(source, connection)]
    return own + [trigger for provider in _providers for trigger in provider.build(connection)]
