"""A server that follows that of the run by streaming, and that can be stopped, started, and held back."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg

from tests.databases import SERVER

#: How long a test waits for what must happen at once; a busy machine takes longer.
PATIENCE_SECONDS = 300


class StandbyServer:
    """A streaming replica of the whole run's server, on a socket of its own."""

    def __init__(self) -> None:
        with psycopg.connect(os.environ[SERVER]) as primary:
            [found] = primary.execute("SELECT setting FROM pg_config WHERE name = 'BINDIR'").fetchone() or [
                ""
            ]
        self._bin = Path(found)
        self._user = "pgserver" if os.geteuid() == 0 else None  # the package runs servers as this one
        self.folder = Path(tempfile.mkdtemp(prefix="deltacrown-standby-"))
        self.data = self.folder / "data"  # the socket is not among what is copied: the primary's may be
        if self._user:
            shutil.chown(self.folder, self._user)
        self.folder.chmod(0o700)
        self._primary = parse_qs(urlsplit(os.environ[SERVER]).query)["host"][0]
        self._run(
            "pg_basebackup",
            "-D",
            self.data,
            "-h",
            self._primary,
            "-U",
            "postgres",
            "-R",
            "-c",
            "fast",
            "-N",
        )
        self.start()

    def start(self) -> None:
        """Start it; it answers when this returns."""
        options = f"-h '' -k {self.folder}"
        log = self.folder / "standby.log"
        self._run("pg_ctl", "-w", "-D", self.data, "-o", options, "-l", log, "start")

    def stop(self) -> None:
        """Stop it, and end all its connections."""
        self._run("pg_ctl", "-w", "-D", self.data, "-m", "immediate", "stop")

    def remove(self) -> None:
        """Stop it for good."""
        command = self._command("pg_ctl", "-D", self.data, "-m", "immediate", "stop")
        subprocess.run(command, check=False, capture_output=True, **self._as())
        shutil.rmtree(self.folder, ignore_errors=True)

    def ask(self, statement: str) -> Any:
        """Return the one value that a statement gives."""
        with psycopg.connect(
            host=str(self.folder), dbname="postgres", user="postgres", autocommit=True
        ) as asked:
            row = asked.execute(statement).fetchone()
        return row and row[0]

    def hold_back(self) -> None:
        """Let nothing that is committed from now on be seen."""
        self.ask("SELECT pg_wal_replay_pause()")
        self._wait("SELECT pg_get_wal_replay_pause_state() = 'paused'")

    def catch_up(self) -> None:
        """Let everything be seen that was committed until now."""
        if self.ask("SELECT pg_is_wal_replay_paused()"):
            self.ask("SELECT pg_wal_replay_resume()")
        with psycopg.connect(os.environ[SERVER], autocommit=True) as primary:
            # Of an idle server the position is behind a header that is written with the next record.
            primary.execute("SELECT pg_logical_emit_message(false, 'tests', 'x', true)")
            [position] = primary.execute("SELECT pg_current_wal_flush_lsn()").fetchone() or [None]
        self._wait(f"SELECT pg_last_wal_replay_lsn() >= '{position}'")

    def _wait(self, statement: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.ask(statement):
            assert time.monotonic() < deadline, statement
            time.sleep(0.02)

    def _run(self, *command: Any) -> None:
        with tempfile.TemporaryFile("w+") as said:  # a pipe would be held open by the server
            done = subprocess.run(
                self._command(*command), stdout=said, stderr=said, check=False, **self._as()
            )
            said.seek(0)
            assert done.returncode == 0, said.read()

    def _as(self) -> dict[str, Any]:
        return {"user": self._user} if self._user else {}

    def _command(self, name: str, *options: Any) -> list[str]:
        return [str(self._bin / name), *map(str, options)]
