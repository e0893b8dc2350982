"""Around migrations: triggers out before, in after, and a recount whenever they had been away."""

from __future__ import annotations

import logging
from typing import Any

from django.db import connections
from django.utils import timezone

from django_tally.reconciliation import reconcile
from django_tally.schema import have_columns
from django_tally.triggers import installation
from django_tally.triggers.plan import list_providers

logger = logging.getLogger(__name__)


def drop_before_migrating(*, using: str, plan: list[Any], **_: Any) -> None:
    """Take the triggers out while tables change: SQLite drops some of them unasked, and the rest may name what goes."""
    if plan:
        installation.drop_triggers(connections[using])


def sync_after_migrating(*, using: str, **_: Any) -> None:
    """Put in what the declarations ask for; recount when anything was missing or is declared anew."""
    connection = connections[using]
    if not have_columns(installation.list_tables(), using=using):
        installation.drop_triggers(connection)
        logger.warning("tally: the tables are not at the models' state; triggers are out until the next migrate")
        return
    if not installation.find_faults(connection):
        return
    installation.install_triggers(using)
    for provider in list_providers():
        if provider.after_install:
            provider.after_install(using)
    if using == "default":
        reconcile(cause="migrate", clock=timezone.now)
    installation.record_installation(using, now=timezone.now())
