"""A site served by the server of production, in processes of its own, on a database of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tests.docs.pages import ROOT
from tests.ports import take_port
from tests.pristine import another_database
from tests.warm import Warm

SERVE = [
    "--interface",
    "wsgi",
    "--host",
    "127.0.0.1",
    "--workers",
    "2",
    "--blocking-threads",
    "8",
    "--log-level",
    "warning",
]
PATIENCE = 300


class Commands:
    """Runs commands in an environment, in children of one process: most of what a command costs is its start.

    :param ending: ends that process, which is not started before the first command.
    """

    def __init__(self, environment: dict[str, str], ending: ExitStack) -> None:
        self._environment = environment
        self._ending = ending
        self._warm: Warm | None = None

    def manage(self, *arguments: str) -> str:
        """Return what a command prints; it must succeed."""
        if self._warm is None:
            self._warm = self._ending.enter_context(Warm(self._environment))
        run = self._warm.run("manage.py", *arguments)
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout


@dataclass(frozen=True)
class Site:
    """A running site: its port, and its commands."""

    port: int
    commands: Commands

    def manage(self, *arguments: str) -> str:
        """Return what a command prints; it must succeed."""
        return self.commands.manage(*arguments)

    def ask(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, dict[str, str], Any]:
        """Status, headers and JSON of an answer, over a connection of its own."""
        client = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()} | {
                "Content-Type": "application/json"
            }
            client.request(method, f"/api/v1{path}", None if body is None else json.dumps(body), named)
            answer = client.getresponse()
            return (
                answer.status,
                {name.lower(): value for name, value in answer.getheaders()},
                json.loads(answer.read()),
            )
        finally:
            client.close()


def name_environment(url: str, **settings: str) -> dict[str, str]:
    """The environment of a site on a database, and of its commands, with these settings."""
    return {
        **os.environ,
        "DATABASE_URL": url,
        "API_RATE_PER_KEY": "1000000/60",
        "API_RATE_PER_ADDRESS": "1000000/60",
        # On a busy machine anything may take long, and that is not what is looked at.
        "DATABASE_CONNECT_SECONDS": str(PATIENCE),
        "DATABASE_POOL_WAIT_SECONDS": str(PATIENCE),
        "DATABASE_STATEMENT_SECONDS": "0",
        "DATABASE_LOCK_SECONDS": "0",
        "DATABASE_IDLE_IN_TRANSACTION_SECONDS": "0",
        "SQLITE_TIMEOUT_SECONDS": str(PATIENCE),
        "PAGE_RATE_PER_ADDRESS": "1000000/60",
        "SIGN_IN_RATE_PER_ACCOUNT": "1000000/60",
        "SIGN_IN_RATE_PER_ADDRESS": "1000000/60",
        **settings,
    }


@contextmanager
def serving(directory: Path, **settings: str) -> Iterator[Site]:
    """A migrated site with these settings that answers; stopped afterwards."""
    with another_database(directory) as url, serving_on(url, **settings) as site:
        yield site


@contextmanager
def commands_on(url: str, **settings: str) -> Iterator[Commands]:
    """Commands of a site on a database that is there, with these settings."""
    with ExitStack() as ending:
        yield Commands(name_environment(url, **settings), ending)


@contextmanager
def serving_on(url: str, **settings: str) -> Iterator[Site]:
    """A site on a database that is there, with these settings, that answers; stopped afterwards."""
    environment = name_environment(url, **settings)
    with ExitStack() as ending:
        server, port = _start(environment)
        try:
            yield Site(port, Commands(environment, ending))
        finally:
            server.terminate()
            server.wait(timeout=PATIENCE)


def _start(environment: dict[str, str]) -> tuple[subprocess.Popen[bytes], int]:
    """Start a server; it answers when this returns."""
    port = take_port()
    served = ["--port", str(port), "deltacrown.config.wsgi:application"]
    server = subprocess.Popen([sys.executable, "-m", "granian", *SERVE, *served], cwd=ROOT, env=environment)
    assert _answers(server, port), "the site does not start"
    return server, port


def _answers(server: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until the site answers; it does not when its process has ended."""
    deadline = time.monotonic() + PATIENCE
    while server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=PATIENCE):
                return True
        except OSError:
            if time.monotonic() > deadline:
                server.kill()
                raise
            time.sleep(0.05)
    return False
