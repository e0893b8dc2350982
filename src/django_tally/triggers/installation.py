"""Install the triggers of all providers, drop them, and compare those declared with those installed."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.db import connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from django_tally.models import Installation
from django_tally.schema import quote
from django_tally.triggers.plan import build_triggers, list_provided_tables
from django_tally.triggers.postgresql import read_shape
from django_tally.triggers.trigger import PREFIX, Trigger

NAME = "triggers"

#: The path of the functions: the schema of the tables, and a writer's temporary tables last.
_SAFE_PATH = "quote_ident(current_schema()) || ', pg_temp'"

_INSTALLED_POSTGRESQL = (
    "SELECT t.tgname, c.relname, p.prosrc, t.tgenabled, t.tgtype, t.tgqual IS NOT NULL, "
    "p.proname = t.tgname AND t.tgnargs = 0 AND t.tgattr::text = '', "
    "p.prosecdef AND NOT has_function_privilege('public', p.oid, 'execute') "
    f"AND p.proconfig IS NOT DISTINCT FROM ARRAY['search_path=' || {_SAFE_PATH}], "
    "coalesce(obj_description(t.oid, 'pg_trigger'), '') "
    "FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
    "JOIN pg_namespace s ON s.oid = c.relnamespace "
    "JOIN pg_proc p ON p.oid = t.tgfoid "
    f"WHERE NOT t.tgisinternal AND s.nspname = current_schema() AND starts_with(t.tgname, '{PREFIX}')"
)
_INSTALLED_SQLITE = (
    "SELECT name, tbl_name, sql FROM sqlite_master "
    f"WHERE type = 'trigger' AND substr(name, 1, {len(PREFIX)}) = '{PREFIX}'"
)

_INSTALLED = {"postgresql": _INSTALLED_POSTGRESQL, "sqlite": _INSTALLED_SQLITE}

#: ``pg_trigger.tgenabled`` → what is wrong. ``O``, an ordinary trigger, fires for writers only.
_STATES = {
    "D": "is disabled",
    "R": "is enabled for replication only (ENABLE REPLICA TRIGGER): it does not fire for writers",
    "A": "is enabled always (ENABLE ALWAYS TRIGGER): replicated rows would be counted twice",
}


@dataclass(frozen=True)
class Installed:
    """A trigger in the database.

    :param state: of PostgreSQL, ``O`` for one that fires for every writer.
    :param is_whole: whether it calls the function of its own name, for every column, with no arguments.
    :param is_safe: whether that function runs as its owner with a fixed ``search_path``, and for nobody else.
    :param digest: of all that it was made by, as ``install_triggers`` noted it on PostgreSQL.
    """

    name: str
    table: str
    source: str
    state: str = "O"
    shape: str = ""
    is_whole: bool = True
    is_safe: bool = True
    digest: str = ""


def fingerprint(triggers: list[Trigger]) -> str:
    """Return a digest of all triggers; it changes when the name, table or text of any of them does."""
    digest = hashlib.sha256()
    for trigger in sorted(triggers, key=lambda t: t.name):
        digest.update("\n".join((trigger.name, trigger.table, *trigger.create)).encode())
    return digest.hexdigest()


def list_installed(connection: BaseDatabaseWrapper) -> list[Installed]:
    """Return the triggers in the database, in one statement."""
    if connection.vendor not in _INSTALLED:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_INSTALLED[connection.vendor])
        rows = cursor.fetchall()
    if connection.vendor == "sqlite":
        return [Installed(*row) for row in rows]
    return [
        Installed(name, table, source, state, read_shape(bits, has_condition), is_whole, is_safe, digest)
        for name, table, source, state, bits, has_condition, is_whole, is_safe, digest in rows
    ]


def read_installed(connection: BaseDatabaseWrapper) -> dict[str, tuple[str, str]]:
    """Return the triggers in the database: name → table and text; a disabled one has no text."""
    return {
        found.name: (found.table, "" if found.state == "D" else found.source)
        for found in list_installed(connection)
    }


def find_faults(connection: BaseDatabaseWrapper) -> list[str]:
    """Return a sentence for each difference between the triggers declared and those installed."""
    return _find_faults(connection, build_triggers(connection))


def find_faults_quickly(connection: BaseDatabaseWrapper) -> list[str]:
    """Return what :func:`find_faults` does, with declarations as they were at the first call.

    For health checks: two small statements, and no trigger is built anew.
    """
    return _find_faults(connection, list(_build_once(connection.alias)))


@cache
def _build_once(alias: str) -> tuple[Trigger, ...]:
    return tuple(build_triggers(connections[alias]))


def _find_faults(connection: BaseDatabaseWrapper, triggers: list[Trigger]) -> list[str]:
    expected = {(trigger.name, trigger.table): trigger for trigger in triggers}
    installed = {(found.name, found.table): found for found in list_installed(connection)}

    faults = [f"trigger {name} is missing" for name, _ in sorted(expected.keys() - installed.keys())]
    faults += [
        f"trigger {name} belongs to no declaration; it is on {table}"
        for name, table in sorted(installed.keys() - expected.keys())
    ]
    for key in sorted(expected.keys() & installed.keys()):
        fault = _compare(expected[key], installed[key])
        if fault:
            faults.append(f"trigger {key[0]} {fault}")
    return faults or _find_unfinished(connection, triggers)


def _compare(expected: Trigger, found: Installed) -> str:
    if found.state in _STATES:
        return _STATES[found.state]
    if found.source != expected.source or not found.is_whole:
        return "is not as declared"
    if expected.shape and found.shape != expected.shape:
        return f"is not as declared: it fires {found.shape}"
    return "" if found.is_safe else "is not as declared: its function does not run as its owner alone"


def _find_unfinished(connection: BaseDatabaseWrapper, triggers: list[Trigger]) -> list[str]:
    if not triggers:
        return []
    finished = is_recorded(connection, triggers)
    return [] if finished else ["nothing was recounted since the triggers were put in"]


def is_recorded(connection: BaseDatabaseWrapper, triggers: list[Trigger]) -> bool:
    """Return whether these triggers are the ones that were last installed and recounted after."""
    recorded = Installation.objects.using(connection.alias).filter(name=NAME)
    return recorded.filter(fingerprint=fingerprint(triggers)).exists()


def find_session_faults(connection: BaseDatabaseWrapper) -> list[str]:
    """Return what keeps installed triggers from firing for whoever connects as this connection does."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('session_replication_role')")
        (role,) = cursor.fetchone()
    if role != "replica":
        return []
    return [
        "session_replication_role is 'replica' for this user or database, so no trigger fires: "
        "ALTER ROLE or ALTER DATABASE … RESET session_replication_role"
    ]


def list_tables() -> list[type[models.Model]]:
    """Return every model that triggers read or write, and the record of what was installed."""
    return [Installation, *list_provided_tables()]


def drop_triggers(connection: BaseDatabaseWrapper, spared: Collection[Installed] = ()) -> int:
    """Drop every trigger whose name begins with the prefix but the spared, and return how many there were."""
    installed = [found for found in list_installed(connection) if found not in spared]
    with connection.cursor() as cursor:
        if installed and connection.vendor == "postgresql":
            # A table with events that wait for the commit cannot lose a trigger.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        for found in installed:
            if connection.vendor == "postgresql":
                cursor.execute(f"DROP TRIGGER {quote(found.name)} ON {quote(found.table)}")
                cursor.execute(f"DROP FUNCTION IF EXISTS {quote(found.name)}()")
            else:
                cursor.execute(f"DROP TRIGGER {quote(found.name)}")
    return len(installed)


def install_triggers(using: str, *, is_whole: bool = True) -> None:
    """Replace whatever is installed by what the providers ask for, in one transaction.

    Until :func:`record_installation` it counts as unfinished, so that a ``migrate`` that was killed before
    its recount is noticed.

    :param is_whole: replace those, too, that are as declared. To replace one keeps everybody from its table.
    """
    connection = connections[using]
    triggers = build_triggers(connection)
    with transaction.atomic(using=using):
        spared = [] if is_whole else _list_spared(connection, triggers)
        drop_triggers(connection, spared)
        there = {(found.name, found.table) for found in spared}
        missing = [trigger for trigger in triggers if (trigger.name, trigger.table) not in there]
        with _safe_path(connection), connection.cursor() as cursor:
            for trigger in missing:
                for statement in trigger.create:
                    cursor.execute(statement)
                if connection.vendor == "postgresql":
                    place = f"{quote(trigger.name)} ON {quote(trigger.table)}"
                    cursor.execute(f"COMMENT ON TRIGGER {place} IS '{fingerprint([trigger])}'")
        Installation.objects.using(using).filter(name=NAME).delete()


def _list_spared(connection: BaseDatabaseWrapper, triggers: list[Trigger]) -> list[Installed]:
    """Return the installed triggers that were made by the very statements that would make them now."""
    expected = {(trigger.name, trigger.table): trigger for trigger in triggers}
    return [
        found
        for found in list_installed(connection)
        if (trigger := expected.get((found.name, found.table)))
        and found.digest == fingerprint([trigger])
        and not _compare(trigger, found)
    ]


@contextmanager
def _safe_path(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Set the path that functions created within keep."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('search_path')")
        (before,) = cursor.fetchone()
        cursor.execute(f"SELECT set_config('search_path', {_SAFE_PATH}, true)")
        yield
        cursor.execute("SELECT set_config('search_path', %s, true)", [before])


def record_installation(using: str, *, now: datetime) -> None:
    """Record which triggers this database has, once every provider has made up for their absence."""
    digest = fingerprint(build_triggers(connections[using]))
    Installation.objects.using(using).update_or_create(
        name=NAME, defaults={"fingerprint": digest, "installed_at": now}
    )
