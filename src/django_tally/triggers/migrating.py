"""Around migrations: triggers out before, in after, and their providers told whenever they had been away."""

from __future__ import annotations

import logging
from typing import Any

from django.db import connections
from django.utils import timezone

from django_tally.schema import have_columns
from django_tally.triggers import installation
from django_tally.triggers.plan import Reinstallation, build_triggers, list_providers

logger = logging.getLogger(__name__)


def drop_before_migrating(*, using: str, plan: list[Any], **_: Any) -> None:
    """Drop the triggers before tables change: SQLite drops some itself, others may name a lost column."""
    if plan:
        installation.drop_triggers(connections[using])


def sync_after_migrating(*, using: str, **_: Any) -> None:
    """Install what the providers ask for, unless it is all there already."""
    connection = connections[using]
    if not have_columns(installation.list_tables(), using=using):
        installation.drop_triggers(connection)
        logger.warning(
            "tally: the tables are not at the models' state; triggers are out until the next migrate"
        )
        return

    if installation.find_faults(connection):
        install_and_record(using)


def install_and_record(using: str) -> None:
    """Replace all triggers, call each provider's ``after_install``, then record the installation.

    Recorded last: whoever is killed before is known to be unfinished, and the next ``migrate`` does it again.
    """
    connection = connections[using]
    found = Reinstallation(
        using,
        tuple(installation.find_faults(connection)),
        installation.is_recorded(connection, build_triggers(connection)),
    )
    installation.install_triggers(using)
    for provider in list_providers():
        if provider.after_install:
            provider.after_install(found)
    installation.record_installation(using, now=timezone.now())
