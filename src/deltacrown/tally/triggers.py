"""The triggers a set of declarations asks for, as text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper

from deltacrown.tally.feeds import list_holders
from deltacrown.tally.maintainers import SIGNALS, get_maintainer

#: Every trigger of the engine begins so; nothing else in the database may.
PREFIX = "tally_"


class UnsupportedDatabase(Exception):
    """The engine generates triggers for SQLite and PostgreSQL only."""


@dataclass(frozen=True)
class Trigger:
    """One trigger.

    :param name: begins with ``tally_``; at most 63 characters.
    :param table: the table it watches, unquoted.
    :param create: the statements that make it, in order.
    :param source: what the database shows of it afterwards, to compare with: the text of the
        trigger on SQLite, of its function's body on PostgreSQL.
    """

    name: str
    table: str
    create: tuple[str, ...]
    source: str


Provider = Callable[[BaseDatabaseWrapper], list[Trigger]]
_providers: list[Provider] = []


def register_provider(provider: Provider) -> None:
    """Have the triggers of ``provider`` installed, dropped, fingerprinted and checked along with the engine's own."""
    if provider not in _providers:
        _providers.append(provider)


def build_triggers(connection: BaseDatabaseWrapper) -> list[Trigger]:
    """Every trigger that belongs in the database behind ``connection``.

    Under the maintainer ``signals`` those that keep numbers are left out; those that keep history and
    make the rows of new users stay, where the database can have them.
    """
    from deltacrown.tally import postgresql, sqlite  # noqa: PLC0415 - both build Trigger objects
    from deltacrown.tally.sources import list_sources  # noqa: PLC0415

    dialects = {"postgresql": postgresql, "sqlite": sqlite}
    by_signals = get_maintainer() == SIGNALS
    if connection.vendor not in dialects:
        if by_signals:
            return []
        raise UnsupportedDatabase(f"No triggers for {connection.vendor}: use SQLite or PostgreSQL, or TALLY_MAINTAINER=signals.")
    dialect = dialects[connection.vendor]
    holders = [] if by_signals else list_holders()
    own = [trigger for holder in holders for trigger in dialect.build_holder_triggers(holder, connection)]
    own += [trigger for source in list_sources() for trigger in dialect.build_source_triggers(source, connection)]
    return own + [trigger for provider in _providers for trigger in provider(connection)]
