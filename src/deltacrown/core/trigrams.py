"""Trigrams: PostgreSQL's index for text in the middle of a name, where the extension ``pg_trgm`` is there.

Every ``migrate`` creates the extension where it is on the server and the role may do so, and the indexes. No
site needs it: a search then reads every name for what is in the middle of a word, and finds the same. That
takes about a second with a million names, so a check recommends it to large sites.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Warning
from django.db import Error, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from deltacrown.core.term_triggers import list_term_tables
from django_tally.schema import have_tables, quote

EXTENSION = "pg_trgm"
#: With fewer names, reading all of them takes a few milliseconds.
MANY_TERMS = 50_000
#: So that the planner knows which texts are in so many names that it finds a page sooner without the index.
SAMPLES = 1000


def sync_trigram_indexes(*, using: str, **_: Any) -> None:
    """Create the extension and the indexes that are missing, where that is possible. For ``post_migrate``."""
    connection = connections[using]
    tables = list_term_tables()
    if connection.vendor != "postgresql" or not have_tables(tables, using=using):
        return

    _create_extension(connection)
    if schema := _find_schema(connection):
        with transaction.atomic(using=using), connection.cursor() as cursor:
            for table in tables:
                name = quote(table._meta.db_table)
                cursor.execute(
                    f"CREATE INDEX IF NOT EXISTS {name_index(table)} ON {name} "
                    f"USING gin (term {quote(schema)}.gin_trgm_ops)"
                )
                cursor.execute(f"ALTER TABLE {name} ALTER COLUMN term SET STATISTICS {SAMPLES}")


def check_trigrams(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Return a warning for each large table of names on PostgreSQL that has no index of trigrams."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        if connection.vendor != "postgresql":
            continue
        tables = [table for table in list_term_tables() if have_tables([table], using=alias)]
        missing = [table for table in tables if not _has_index(table, connection) and _is_large(table, alias)]
        for table in missing:
            message = f"A search reads every name in {table._meta.label}: it has no index of trigrams."
            hint = f"Let a superuser run `CREATE EXTENSION {EXTENSION}`, then run `manage.py migrate`."
            found.append(Warning(message, hint=hint, id="core.W005"))
    return found


def name_index(table: type[models.Model]) -> str:
    """Return the name of the index of trigrams of a table."""
    return f"{table._meta.db_table}_trigrams"


def _create_extension(connection: BaseDatabaseWrapper) -> None:
    """Create the extension if the server has it; whoever may not create one goes without."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_available_extensions WHERE name = %s AND installed_version IS NULL", [EXTENSION]
        )
        if cursor.fetchone() is None:
            return
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(f"CREATE EXTENSION IF NOT EXISTS {EXTENSION}")
    except Error:
        return


def _find_schema(connection: BaseDatabaseWrapper) -> str | None:
    """Return the schema with what the extension adds; None where it is not installed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace "
            "WHERE e.extname = %s",
            [EXTENSION],
        )
        row = cursor.fetchone()
    return row and str(row[0])


def _has_index(table: type[models.Model], connection: BaseDatabaseWrapper) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [quote(name_index(table))])
        return bool(cursor.fetchone()[0])


def _is_large(table: type[models.Model], using: str) -> bool:
    return table._base_manager.using(using).order_by("pk")[MANY_TERMS : MANY_TERMS + 1].exists()
