"""Whether the database can be reached, is of a version that we know, and has the tables of this release."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, Error, connection, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils.translation import override

from deltacrown.core.checks import check_migration_records
from deltacrown.core.outages import AWAY, CROWDED, FULL, LOCKED, READ_ONLY, Outage, find_outage
from deltacrown.core.readiness import check_sqlite_writable, find_missing_migrations
from deltacrown.operations.doctor.findings import Finding, Visit

#: A database that has not answered by then counts as away, even if it is only frozen.
LIMIT_SECONDS = 15.0
#: The oldest release of PostgreSQL that the suite was ever run on.
OLDEST_POSTGRESQL = 14

_MENDS = {
    CROWDED: "Lower WORKERS or DATABASE_POOL_SIZE, or raise max_connections of the server.",
    FULL: "Free space on the disk of the database, then start it again.",
    READ_ONLY: (
        "If DATABASE_URL leads to a standby, name the primary. Else look at default_transaction_read_only "
        "of the "
        "role and the database, and at the permissions of the file."
    ),
    LOCKED: "Wait for the task that holds the lock, or end it.",
}


def get_sqlite_file() -> Path | None:
    """Return the file of the database; None on PostgreSQL, and for one in memory."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor != "sqlite" or ":memory:" in name or "mode=memory" in name:
        return None
    return Path(name.removeprefix("file://").removeprefix("file:").partition("?")[0])


def is_answering() -> bool:
    """Return whether a statement is answered, within the limit."""
    return not isinstance(_probe(), str | Outage | Exception)


def is_migrated() -> bool:
    """Return whether the database has every table and column that this release reads."""
    return MigrationRecorder(connection).has_table() and not find_missing_migrations()


def find_outages(_visit: Visit) -> Iterator[Finding]:
    """Find a database that is not there, does not answer, or takes no changes."""
    file = get_sqlite_file()
    if file is not None and not file.exists():
        yield Finding(
            f"There is no database: the file {file} does not exist.",
            "Set DATABASE_URL to the one of the site. If it is lost: deltacrown restore BACKUP. "
            "If the site is new: deltacrown migrate.",
        )
        return

    found = _probe()
    if isinstance(found, Exception):
        outage = find_outage(found) or AWAY
        with override("en"):
            reason = outage.reason
        yield Finding(f"{reason} {_describe(found)}".strip(), _MENDS.get(outage, _mend_away()))
    elif found:
        with override("en"):
            yield Finding(found.reason, _MENDS.get(found, _mend_away()))


def _mend_away() -> str:
    if connection.vendor == "postgresql":
        return (
            "Start PostgreSQL (systemctl start postgresql) and read its log; then compare host, port, role "
            "and "
            "password with DATABASE_URL: deltacrown dbshell connects in the same way."
        )
    return (
        "Look whether the file is a whole SQLite database (sqlite3 FILE 'PRAGMA integrity_check'), and "
        "whether "
        "this user may read and write it and its folder. If it is damaged: deltacrown restore BACKUP."
    )


def _describe(error: Exception) -> str:
    """Return what the driver said, in one line: host and role may be in it, a password never is."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    password = str(connection.settings_dict.get("PASSWORD") or "")
    said = lines[-1] if lines else ""
    return "" if password and password in said else said[:300]


def _probe() -> Exception | Outage | None:
    """Ask the database something, in a thread: one that is frozen would be waited for without end."""
    if connection.in_atomic_block:  # of a test, whose rows another connection would not see
        return _ask()
    answers: list[Exception | Outage | None] = []
    asking = threading.Thread(target=lambda: answers.append(_ask_apart()), name="doctor", daemon=True)
    asking.start()
    asking.join(LIMIT_SECONDS)
    return answers[0] if answers else AWAY


def _ask_apart() -> Exception | Outage | None:
    try:
        return _ask()
    finally:
        connections.close_all()


def _ask() -> Exception | Outage | None:
    file = get_sqlite_file()
    if file is not None and not file.exists():
        return AWAY  # connecting would make an empty one
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            if connection.vendor == "postgresql":
                cursor.execute("SHOW transaction_read_only")
                return READ_ONLY if cursor.fetchone()[0] == "on" else None
        if MigrationRecorder(connection).has_table() and not connection.in_atomic_block:
            check_sqlite_writable()
    except (Error, ImproperlyConfigured) as error:
        return error
    return None


def find_old_versions(_visit: Visit) -> Iterator[Finding]:
    """Find a database that is older than what this release was tried with."""
    version = get_version(connection)
    if connection.vendor == "postgresql" and version[0] < OLDEST_POSTGRESQL:
        yield Finding(
            f"PostgreSQL {version[0]} is older than {OLDEST_POSTGRESQL}.",
            "Back up (deltacrown backup), install a newer PostgreSQL, and restore into it.",
        )


def get_version(asked: Any) -> tuple[int, ...]:
    """Return the version of the database server, or of the library."""
    return tuple(asked.get_database_version())


def find_migration_faults(_visit: Visit) -> Iterator[Finding]:
    """Find migrations that are missing here, unknown here, or not recorded as they are."""
    if not MigrationRecorder(connection).has_table():
        yield Finding(
            "The database has no tables.",
            "Is DATABASE_URL the one of the site? If it is: deltacrown restore BACKUP, or for a new site "
            "deltacrown migrate.",
        )
        return

    newer = list_unknown_migrations()
    if newer:
        yield Finding(
            f"The database was migrated by a newer release: {_list_some(newer)} is not in this one.",
            "Install the release that migrated it. This one must not write to it. To go back for good, "
            "restore "
            "a backup of before: docs/how-to/upgrade.md.",
        )
    messages = check_migration_records([DEFAULT_DB_ALIAS])
    for message in messages:
        yield Finding(str(message.msg), str(message.hint).replace("manage.py", "deltacrown"))
    missing = find_missing_migrations()
    if missing and not messages:
        yield Finding(
            f"{len(missing)} migrations of this release are not applied: {_list_some(missing)}.",
            "Back up, then: deltacrown migrate.",
        )


def list_unknown_migrations() -> list[str]:
    """Return the migrations of installed apps that the database has and this release does not know."""
    known = MigrationLoader(None).disk_migrations
    return [
        f"{app}.{name}"
        for app, name in sorted(MigrationRecorder(connection).applied_migrations())
        if (app, name) not in known and apps.is_installed(_name_of(app))
    ]


def _name_of(label: str) -> str:
    """Return the full name of an app; ``""`` for one that is not installed: its rest harms nobody."""
    return next((config.name for config in apps.get_app_configs() if config.label == label), "")


def _list_some(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more}"
