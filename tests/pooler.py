"""A real PgBouncer in transaction mode before the run's PostgreSQL, on a socket of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
from deploy.local import pgbouncer
from deploy.local.machine import find_program
from deploy.local.parts import find_rights

from tests.databases import SERVER

PATIENCE_SECONDS = 300


def find_pooler() -> Path | None:
    """Return the path of PgBouncer; None when it is not installed."""
    return find_program("pgbouncer")


@contextmanager
def running_pooler(server_connections: int) -> Iterator[Path]:
    """Have PgBouncer run, with at most so many connections of PostgreSQL; yield where it listens."""
    server = Path(parse_qs(urlsplit(os.environ[SERVER]).query)["host"][0])
    # It refuses to run as root; the server's account can come to the server's socket.
    account = server.owner() if os.getuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="deltacrown-pooler-"))
    log = folder / "pgbouncer.log"
    try:
        main = pgbouncer.write(
            folder, server=server, roles=["postgres"], server_connections=server_connections
        )
        for path in (folder, *folder.iterdir()):
            if account:
                shutil.chown(path, account)
        with log.open("wb") as said:
            process = subprocess.Popen(
                pgbouncer.command(main), stdout=said, stderr=said, **find_rights(account)
            )
        try:
            _wait(folder, process, log)
            yield folder
        finally:
            process.kill()
            process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(folder: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        assert process.poll() is None, log.read_text()
        try:
            psycopg.connect(host=str(folder), user="postgres", dbname="postgres").close()
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)
        else:
            return
