"""A copy of the test database just after its migrations, to restore it after tests that commit.

Django's own way empties every table, with all triggers at work. Then every app inserts again what its
migrations had inserted.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.test import TransactionTestCase

from tests.databases import SERVER

#: A schema of PostgreSQL that holds a copy of every table that is not empty after the migrations.
COPIES = "pristine"
#: Tables larger than this, in bytes, are truncated: deleted rows would stay in the file and slow later tests.
LARGE = 1 << 20


Built = TypeVar("Built")
_kept: _Sqlite | _Postgresql
_numbers = count(1)


@contextmanager
def restored_after_commits() -> Iterator[None]:
    """Within, tests marked ``transaction=True`` end by putting the database back as it is now."""
    global _kept  # noqa: PLW0603 - one a process
    usual = TransactionTestCase._fixture_teardown
    _kept = kept = _Sqlite() if connection.vendor == "sqlite" else _Postgresql()

    def restore(self: TransactionTestCase) -> None:
        kept.restore()
        ContentType.objects.clear_cache()

    TransactionTestCase._fixture_teardown = restore
    try:
        yield
    finally:
        TransactionTestCase._fixture_teardown = usual


@contextmanager
def another_database(directory: Path, *, is_migrated: bool = True) -> Iterator[str]:
    """Yield the URL of a database for other processes, of the kind the suite runs on: migrated, or empty."""
    number = next(_numbers)
    if connection.vendor == "sqlite":
        path = directory / f"another{number}.sqlite3"
        if is_migrated:
            _kept.write_to(path)
        yield f"sqlite:///{path}"
        return
    name = f"another_{os.getpid()}_{number}"
    with psycopg.connect(os.environ[SERVER], autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {_kept.template if is_migrated else 'template1'}")
        try:
            yield os.environ[SERVER].replace("/postgres?", f"/{name}?", 1)
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def rolled_back(blocker: Any, build: Callable[[], Built]) -> Iterator[Built]:
    """Yield what ``build`` makes: it is there for all tests of a module or session, and gone afterwards.

    What a test writes is taken back at its own end, as always: its transaction is a savepoint of this one.
    """
    with blocker.unblock(), transaction.atomic():
        built = build()
        # Checked here once; PostgreSQL would check all of it at the end of every test.
        connection.check_constraints()
        yield built
        transaction.set_rollback(True)


def copy_to_default() -> None:
    """Copy the database just after its migrations to the one the default connection is to. SQLite only."""
    _kept.restore()


def write_migrated(path: Path) -> None:
    """Write the database just after its migrations to a file. SQLite only."""
    assert isinstance(_kept, _Sqlite)
    _kept.write_to(path)


def put_back_schema() -> None:
    """Put back the whole database with its schema, after tests that took migrations back."""
    _kept.remake()
    ContentType.objects.clear_cache()


class _Sqlite:
    """A copy of all pages, triggers and sequences included."""

    def __init__(self) -> None:
        connection.ensure_connection()
        self.copy = sqlite3.connect(":memory:", check_same_thread=False)
        connection.connection.backup(self.copy)

    def write_to(self, path: Path) -> None:
        with closing(sqlite3.connect(path)) as file:
            self.copy.backup(file)

    def restore(self) -> None:
        connection.ensure_connection()
        self.copy.backup(connection.connection)

    #: A copy of all pages is a copy of the schema, too.
    remake = restore


class _Postgresql:
    """Copy and restore rows only, not triggers, constraints or sequences. ``template`` is a whole copy."""

    def __init__(self) -> None:
        name = connection.settings_dict["NAME"]
        self.template = f"{name}_template"
        connection.close()
        with psycopg.connect(os.environ[SERVER], autocommit=True) as server:
            server.execute(f"CREATE DATABASE {self.template} TEMPLATE {name}")
        self._copy_rows()
        self.triggers = self._list_triggers()

    @staticmethod
    def _list_triggers() -> list[tuple[str, str, str]]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT tgrelid::regclass::text, tgname::text, tgenabled::text FROM pg_trigger "
                "WHERE NOT tgisinternal ORDER BY 1, 2"
            )
            return cursor.fetchall()

    def _copy_rows(self) -> None:
        with connection.cursor() as cursor:
            self.tables = [
                model._meta.db_table
                for model in apps.get_models(include_auto_created=True)
                if model._meta.managed
            ]
            cursor.execute(f"CREATE SCHEMA {COPIES}")
            self.columns = {}
            for table in self.tables:
                cursor.execute(f'SELECT EXISTS (SELECT 1 FROM "{table}")')
                if cursor.fetchone()[0]:
                    cursor.execute(f'CREATE TABLE {COPIES}."{table}" AS TABLE "{table}"')
                    self.columns[table] = self._list_columns(cursor, table)

    @staticmethod
    def _list_columns(cursor: Any, table: str) -> str:
        """Return the columns that are written, without those that the database computes."""
        cursor.execute(
            "SELECT quote_ident(attname) FROM pg_attribute "
            "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
            [f'"{table}"'],
        )
        return ", ".join(name for (name,) in cursor.fetchall())

    def remake(self) -> None:
        name = connection.settings_dict["NAME"]
        connection.close()
        with psycopg.connect(os.environ[SERVER], autocommit=True) as server:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
            server.execute(f"CREATE DATABASE {name} TEMPLATE {self.template}")
        self._copy_rows()

    def restore(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT relname, pg_relation_size(oid) FROM pg_class "
                "WHERE relname = ANY(%s) AND relnamespace = 'public'::regnamespace "
                "AND pg_relation_size(oid) > 0",
                [self.tables],
            )
            sizes = dict(cursor.fetchall())
            if sum(sizes.values()) > LARGE:
                emptied = ["TRUNCATE " + ", ".join(f'public."{table}"' for table in self.tables)]
            else:
                emptied = [f'DELETE FROM public."{table}"' for table in sizes]
            filled = [
                f'INSERT INTO public."{table}" ({columns}) OVERRIDING SYSTEM VALUE '
                f'SELECT {columns} FROM {COPIES}."{table}"'
                for table, columns in self.columns.items()
            ]
            # As a replica does, no trigger and no foreign key looks at what is written.
            steps = ["BEGIN", "SET LOCAL session_replication_role = replica", *emptied, *filled, "COMMIT"]
            cursor.execute("; ".join(steps))
        if (left := self._list_triggers()) != self.triggers:
            self.remake()
            changed = sorted({name for _, name, _ in set(left) ^ set(self.triggers)})
            raise AssertionError(f"the test left other triggers; use put_back_schema: {changed[:5]}")
