"""The two ways a database is copied and put back: by SQLite's own interface, and by PostgreSQL's own "
"tools."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from deltacrown.core.errors import Conflict
from deltacrown.operations.backup.manifest import count_rows
from deltacrown.operations.doctor.database import get_sqlite_file

#: Beside a file of SQLite: what of it is not in it yet.
BESIDE = ("-wal", "-shm", "-journal")

#: What a connection is asked for → the variable by which the tools of PostgreSQL are told.
_VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "service": "PGSERVICE",
    "passfile": "PGPASSFILE",
    "options": "PGOPTIONS",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "connect_timeout": "PGCONNECT_TIMEOUT",
}


class CannotCopy(Conflict):
    """The database cannot be copied, or put back, from here."""


def copy_database(to: Path) -> dict[str, int]:
    """Copy the whole database as it is at one moment, and return the rows of each table at that moment.

    Writers are neither held up nor waited for.

    :raises CannotCopy: it is in memory, or the tool for it is missing, too old, or failed.
    """
    return _copy_sqlite(to) if connection.vendor == "sqlite" else _copy_postgresql(to)


def put_back_database(copy: Path) -> None:
    """Fill the empty database with a copy, whole or not at all.

    :raises CannotCopy: the tool for it is missing, too old, or failed.
    """
    if connection.vendor == "sqlite":
        _put_back_sqlite(copy)
    else:
        _put_back_postgresql(copy)


def get_file() -> Path:
    """Return the file of the SQLite database.

    :raises CannotCopy: there is none.
    """
    file = get_sqlite_file()
    if file is None:
        raise CannotCopy("The database is in memory. Set DATABASE_URL to that of the site.")
    return file


def _copy_sqlite(to: Path) -> dict[str, int]:
    source = f"{get_file().absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(source, uri=True)) as live, closing(sqlite3.connect(to)) as copy:
        # All pages in one step: one snapshot. Copied by parts it would begin anew with every write of others.
        live.backup(copy, pages=-1)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file; the site sets its own mode when it opens it
    return _count_copy(to)


def _count_copy(copy: Path) -> dict[str, int]:
    with closing(sqlite3.connect(f"{copy.absolute().as_uri()}?mode=ro", uri=True)) as opened:
        quote = connection.ops.quote_name
        tables = [row[0] for row in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            table: opened.execute(f"SELECT count(*) FROM {quote(table)}").fetchone()[0]
            for table in sorted(tables)
            if not table.startswith("sqlite_")
        }


def _put_back_sqlite(copy: Path) -> None:
    file = get_file()
    connection.close()
    part = file.with_name(f".{file.name}.restoring")
    try:
        shutil.copyfile(copy, part)
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.chmod(0o600)
        for name in ("", *BESIDE):  # of an empty database: looked at before
            file.with_name(f"{file.name}{name}").unlink(missing_ok=True)
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)


def _copy_postgresql(to: Path) -> dict[str, int]:
    tool = find_tool("pg_dump")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        rows = count_rows()
        _run([tool, "--format=custom", f"--snapshot={snapshot}", f"--file={to}"])
    return rows


def _put_back_postgresql(copy: Path) -> None:
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415 - only where there is a PostgreSQL

    tool = find_tool("pg_restore")
    connection.close()
    # Rights are restored: that nobody else may call the functions of triggers is one of them.
    options = ["--no-owner", "--exit-on-error", "--single-transaction"]
    name = make_conninfo(dbname=str(connection.settings_dict["NAME"]))
    _run([tool, *options, f"--dbname={name}", str(copy)])


def find_tool(name: str) -> str:
    """Return the path of a tool of PostgreSQL that is not older than the server.

    :raises CannotCopy: there is none.
    """
    path = shutil.which(name)
    server = connection.get_database_version()[0]
    package = f"apt install postgresql-client-{server} (it may be from PostgreSQL's own package source)"
    if path is None:
        raise CannotCopy(f"{name} is not on the PATH: {package}, or put the folder that has it on the PATH.")
    told = _run([path, "--version"])
    number = next((word for word in told.split() if word[:1].isdigit()), "0")
    if int(number.partition(".")[0]) < server:
        raise CannotCopy(f"{path} is of version {number}, and the server of {server}: {package}.")
    return path


def _get_environment() -> dict[str, str]:
    """Return the variables of the connection: what is among the arguments all users of the machine can "
    "see."""
    asked: dict[str, Any] = connection.get_connection_params()
    told = {variable: str(asked[name]) for name, variable in _VARIABLES.items() if asked.get(name)}
    return {**os.environ, **told}


def _run(command: Sequence[str]) -> str:
    environment = _get_environment()
    done: Any = subprocess.run(  # noqa: S603 - no shell; its parts are ours, and paths of the operator
        command, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()][:3]
        raise CannotCopy(f"{Path(command[0]).name} failed: {' '.join(said)[:600]}")
    return str(done.stdout)
