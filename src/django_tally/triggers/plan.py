"""Who has triggers in the database, and all triggers that belong there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from django_tally.triggers.trigger import Trigger


def _has_no_tables() -> list[type[models.Model]]:
    return []


@dataclass(frozen=True)
class Reinstallation:
    """What was found before triggers were put in.

    :param using: the database's alias.
    :param faults: what was wrong with the triggers, in sentences.
    :param were_declared: whether the ones installed last were those declared now, so that only their absence
        can have made anything wrong, not a declaration that was changed.
    """

    using: str
    faults: tuple[str, ...]
    were_declared: bool


@dataclass(frozen=True)
class Provider:
    """A set of triggers that is installed, dropped, fingerprinted and checked together with all others.

    :param build: return the triggers for the database behind a connection; none where it can have none.
    :param list_tables: return every model whose table these triggers read or write.
    :param after_install: called when triggers were put in that had been away, or not as declared.
    """

    build: Callable[[BaseDatabaseWrapper], list[Trigger]]
    list_tables: Callable[[], list[type[models.Model]]] = _has_no_tables
    after_install: Callable[[Reinstallation], None] | None = None


_providers: list[Provider] = []


def register_provider(provider: Provider) -> None:
    """Have the triggers of ``provider`` installed after those of the providers that registered earlier."""
    if provider not in _providers:
        _providers.append(provider)


def list_providers() -> list[Provider]:
    """Return every registered provider, in the order of registration."""
    return list(_providers)


def build_triggers(connection: BaseDatabaseWrapper) -> list[Trigger]:
    """Return every trigger that belongs in the database behind ``connection``."""
    return [trigger for provider in _providers for trigger in provider.build(connection)]


def list_provided_tables() -> list[type[models.Model]]:
    """Return every model whose table some trigger reads or writes."""
    provided = [model for provider in _providers for model in provider.list_tables()]
    return list(dict.fromkeys(provided))
