"""PgBouncer in transaction mode before PostgreSQL: its files, and what it says of its work.

Commands that need PostgreSQL itself (``migrate``, ``backup``) do not go through it.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from deploy.local.machine import get_program

#: Who may ask PgBouncer for its figures, at the database that is no database.
CONSOLE = "pgbouncer"
#: Of PostgreSQL, for each role: fewer than the threads of a web server, so that they must share.
SERVER_CONNECTIONS = 4
#: What a request may take, given to the role: in a session it would be met by whoever comes next.
LIMITS = {
    "statement_timeout": "10s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",
    "timezone": "UTC",
}


def write(
    folder: Path,
    *,
    server: Path,
    roles: Iterable[str],
    server_connections: int = SERVER_CONNECTIONS,
) -> Path:
    """Write the files of PgBouncer into ``folder``, where it also listens; return the main one.

    :param server: the folder of PostgreSQL's socket.
    :param roles: who may connect; the socket is for this machine only, so no password is asked.
    """
    users = folder / "users.txt"
    users.write_text("".join(f'"{role}" ""\n' for role in (*roles, CONSOLE)), encoding="utf-8")
    lines = [
        "[databases]",
        f"* = host={server}",
        "[pgbouncer]",
        "pool_mode = transaction",
        f"unix_socket_dir = {folder}",
        "listen_port = 5432",  # of the socket's name: without listen_addr there is no port
        "auth_type = trust",
        f"auth_file = {users}",
        f"stats_users = {CONSOLE}",
        f"default_pool_size = {server_connections}",
        "max_client_conn = 500",
        "log_connections = 0",
        "log_disconnections = 0",
    ]
    main = folder / "pgbouncer.ini"
    main.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return main


def limit(role: str, limits: Mapping[str, str] = LIMITS) -> list[str]:
    """Return the statements that give a role the limits of a request."""
    return [f"ALTER ROLE {role} SET {name} = '{value}'" for name, value in limits.items()]


def command(main: Path) -> list[str]:
    """Return how PgBouncer is started.

    :raises CannotRun: it is not installed.
    """
    return [get_program("pgbouncer"), str(main)]


def ask(folder: Path, question: str) -> list[dict[str, str]]:
    """Return the rows of a ``SHOW`` of the PgBouncer that listens in ``folder``."""
    psql = [get_program("psql"), "--host", str(folder), "--username", CONSOLE, "--no-psqlrc", "--csv"]
    done = subprocess.run(
        [*psql, "--command", question, "--dbname", "pgbouncer"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PGCONNECT_TIMEOUT": "5"},
    )
    head, *rows = [line.split(",") for line in done.stdout.splitlines()]
    return [dict(zip(head, row, strict=True)) for row in rows]


def say(folder: Path, database: str) -> str:
    """Return a sentence of what it did for a database, and how few connections served how many."""
    [stats] = [row for row in ask(folder, "SHOW STATS_TOTALS") if row["database"] == database]
    clients = [row for row in ask(folder, "SHOW CLIENTS") if row["database"] == database]
    servers = [row for row in ask(folder, "SHOW SERVERS") if row["database"] == database]
    return (
        f"PgBouncer: {stats['xact_count']} transactions; {len(clients)} connections of the site share "
        f"{len(servers)} of PostgreSQL"
    )
