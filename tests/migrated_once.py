"""The test database is migrated once a run: one worker does it, the others copy what it has made.

The migrations take longer than most files of tests. What they make is the same for every worker.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from tests.databases import SERVER
from tests.first_of_run import taking_turns

#: The database of PostgreSQL that the workers of a run copy. Nobody is ever connected to it.
TEMPLATE = "migrated_once"


@contextmanager
def shared_among_workers(folder: Path) -> Iterator[None]:
    """Within, the test database is made as Django makes it by the first who comes; the others get a copy.

    :param folder: that of ``tests.first_of_run``.
    """
    creation = connection.creation
    usual = creation.create_test_db

    def create(verbosity: int = 1, autoclobber: bool = False, **options: Any) -> str:
        with taking_turns(folder, "migrated") as is_first:
            if is_first:
                name: str = usual(verbosity, autoclobber, **options)
                _keep(folder, name)
        if not is_first:
            name = _copy(folder, verbosity, autoclobber)
        # Who migrates knows the types of content by heart; the others would not.
        ContentType.objects.clear_cache()
        return name

    creation.create_test_db = create
    try:
        yield
    finally:
        del creation.create_test_db


def _keep(folder: Path, name: str) -> None:
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(folder / "migrated.sqlite3")) as file:
            connection.connection.backup(file)
        return
    connection.close()
    with psycopg.connect(os.environ[SERVER], autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {TEMPLATE}")  # of a worker that died half way
        server.execute(f"CREATE DATABASE {TEMPLATE} TEMPLATE {name}")
    connection.ensure_connection()


def _copy(folder: Path, verbosity: int, autoclobber: bool) -> str:
    """Make the test database of this worker as a copy, and leave a connection to it, as Django does."""
    if connection.vendor == "postgresql":
        connection.settings_dict["TEST"]["TEMPLATE"] = TEMPLATE
    name: str = connection.creation._create_test_db(verbosity, autoclobber)
    connection.close()
    settings.DATABASES[connection.alias]["NAME"] = connection.settings_dict["NAME"] = name
    connection.ensure_connection()
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(folder / "migrated.sqlite3")) as file:
            file.backup(connection.connection)
    return name
