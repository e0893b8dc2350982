"""Around migrations: triggers out before, in after, and their providers told whenever they had been away."""

from __future__ import annotations

import logging
from typing import Any

from django.db import connections
from django.db.migrations import operations
from django.db.migrations.operations.base import Operation
from django.utils import timezone

from django_tally.schema import have_columns
from django_tally.triggers import installation
from django_tally.triggers.plan import Reinstallation, build_triggers, list_providers

logger = logging.getLogger(__name__)


#: Operations after which every trigger does what it did. One of another package says so of itself, by a class
#: attribute ``leaves_triggers``.
_HARMLESS = (
    operations.CreateModel,
    operations.AddField,
    operations.AddIndex,
    operations.RemoveIndex,
    operations.AddConstraint,
    operations.AlterModelOptions,
)


def drop_before_migrating(*, using: str, plan: list[Any], **_: Any) -> None:
    """Drop the triggers before tables change: SQLite drops some itself, others may name a lost column.

    On PostgreSQL they stay where only what is new is added: a site that is at work goes on counting.
    """
    connection = connections[using]
    if plan and not (connection.vendor == "postgresql" and _leaves_triggers(plan)):
        installation.drop_triggers(connection)


def _leaves_triggers(plan: list[Any]) -> bool:
    """Return whether a plan changes nothing that a trigger reads, writes or stands on."""
    return not any(is_backwards for _, is_backwards in plan) and all(
        _is_harmless(operation) for migration, _ in plan for operation in migration.operations
    )


def _is_harmless(operation: Operation) -> bool:
    if isinstance(operation, operations.SeparateDatabaseAndState):
        return all(map(_is_harmless, operation.database_operations))
    return type(operation) in _HARMLESS or getattr(operation, "leaves_triggers", False)


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
        install_and_record(using, is_whole=False)


def install_and_record(using: str, *, is_whole: bool = True) -> None:
    """Replace all triggers, or those not as declared, call each ``after_install``, then record it.

    Recorded last: whoever is killed before is known to be unfinished, and the next ``migrate`` does it again.
    """
    connection = connections[using]
    found = Reinstallation(
        using,
        tuple(installation.find_faults(connection)),
        installation.is_recorded(connection, build_triggers(connection)),
    )
    installation.install_triggers(using, is_whole=is_whole)
    for provider in list_providers():
        if provider.after_install:
            provider.after_install(found)
    installation.record_installation(using, now=timezone.now())
