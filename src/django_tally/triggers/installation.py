"""Install the triggers of all providers, drop them, and compare those declared with those installed."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.db import connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from django_tally.models import Installation
from django_tally.triggers.plan import build_triggers, list_provided_tables
from django_tally.triggers.trigger import PREFIX, Trigger

NAME = "triggers"

_INSTALLED_POSTGRESQL = (
    "SELECT t.tgname, c.relname, CASE WHEN t.tgenabled = 'D' THEN '' ELSE p.prosrc END FROM pg_trigger t "
    "JOIN pg_class c ON c.oid = t.tgrelid "
    "JOIN pg_namespace s ON s.oid = c.relnamespace "
    "JOIN pg_proc p ON p.oid = t.tgfoid "
    f"WHERE NOT t.tgisinternal AND s.nspname = current_schema() AND starts_with(t.tgname, '{PREFIX}')"
)
_INSTALLED_SQLITE = (
    "SELECT name, tbl_name, sql FROM sqlite_master "
    f"WHERE type = 'trigger' AND substr(name, 1, {len(PREFIX)}) = '{PREFIX}'"
)

_INSTALLED = {"postgresql": _INSTALLED_POSTGRESQL, "sqlite": _INSTALLED_SQLITE}


def fingerprint(triggers: list[Trigger]) -> str:
    """Return a digest of all triggers; it changes when the name, table or text of any of them does."""
    digest = hashlib.sha256()
    for trigger in sorted(triggers, key=lambda t: t.name):
        digest.update("\n".join((trigger.name, trigger.table, *trigger.create)).encode())
    return digest.hexdigest()


def read_installed(connection: BaseDatabaseWrapper) -> dict[str, tuple[str, str]]:
    """Return the triggers in the database: name → table and text; a disabled one has no text."""
    if connection.vendor not in _INSTALLED:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_INSTALLED[connection.vendor])
        return {name: (table, source) for name, table, source in cursor.fetchall()}


def find_faults(connection: BaseDatabaseWrapper) -> list[str]:
    """Return a sentence for each difference between the triggers declared and those installed."""
    triggers = build_triggers(connection)
    expected = {trigger.name: (trigger.table, trigger.source) for trigger in triggers}
    installed = read_installed(connection)
    faults = [f"trigger {name} is missing" for name in sorted(expected.keys() - installed.keys())]
    faults += [
        f"trigger {name} belongs to no declaration" for name in sorted(installed.keys() - expected.keys())
    ]
    for name in sorted(expected.keys() & installed.keys()):
        if expected[name] != installed[name]:
            fault = "is not as declared" if installed[name][1] else "is disabled"
            faults.append(f"trigger {name} {fault}")
    return faults or _find_unfinished(connection, triggers)


def _find_unfinished(connection: BaseDatabaseWrapper, triggers: list[Trigger]) -> list[str]:
    if not triggers:
        return []
    finished = (
        Installation.objects.using(connection.alias)
        .filter(name=NAME, fingerprint=fingerprint(triggers))
        .exists()
    )
    return [] if finished else ["nothing was recounted since the triggers were put in"]


def list_tables() -> list[type[models.Model]]:
    """Return every model that triggers read or write, and the record of what was installed."""
    return [Installation, *list_provided_tables()]


def drop_triggers(connection: BaseDatabaseWrapper) -> int:
    """Drop every trigger whose name begins with the prefix, and return how many there were."""
    installed = read_installed(connection)
    with connection.cursor() as cursor:
        for name, (table, _) in installed.items():
            if connection.vendor == "postgresql":
                cursor.execute(f'DROP TRIGGER {name} ON "{table}"')
                cursor.execute(f"DROP FUNCTION IF EXISTS {name}()")
            else:
                cursor.execute(f"DROP TRIGGER {name}")
    return len(installed)


def install_triggers(using: str) -> None:
    """Replace whatever is installed by what the providers ask for, in one transaction.

    Until :func:`record_installation` it counts as unfinished, so that a ``migrate`` that was killed before
    its recount is noticed.
    """
    connection = connections[using]
    triggers = build_triggers(connection)
    with transaction.atomic(using=using):
        drop_triggers(connection)
        with connection.cursor() as cursor:
            for trigger in triggers:
                for statement in trigger.create:
                    cursor.execute(statement)
        Installation.objects.using(using).filter(name=NAME).delete()


def record_installation(using: str, *, now: datetime) -> None:
    """Record which triggers this database has, once every provider has made up for their absence."""
    digest = fingerprint(build_triggers(connections[using]))
    Installation.objects.using(using).update_or_create(
        name=NAME, defaults={"fingerprint": digest, "installed_at": now}
    )
