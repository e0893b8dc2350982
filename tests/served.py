"""A site served by the server of production, in processes of its own, on a database of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tests.docs.pages import ROOT
from tests.ports import take_port
from tests.pristine import another_database

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


@dataclass(frozen=True)
class Site:
    """A running site: its port, and the environment its commands run in."""

    port: int
    environment: dict[str, str]

    def manage(self, *arguments: str) -> str:
        """What a command prints; it must succeed."""
        return manage(self.environment, *arguments)

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


def manage(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    run = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@contextmanager
def serving(directory: Path, **settings: str) -> Iterator[Site]:
    """A migrated site with these settings that answers; stopped afterwards."""
    with another_database(directory) as url:
        environment = {
            **os.environ,
            "DATABASE_URL": url,
            "API_RATE_PER_KEY": "1000000/60",
            "API_RATE_PER_ADDRESS": "1000000/60",
            # On a busy machine anything may take long, and that is not what is looked at.
            "DATABASE_POOL_WAIT_SECONDS": str(PATIENCE),
            "DATABASE_STATEMENT_SECONDS": "0",
            "DATABASE_LOCK_SECONDS": "0",
            "DATABASE_IDLE_IN_TRANSACTION_SECONDS": "0",
            "PAGE_RATE_PER_ADDRESS": "1000000/60",
            "SIGN_IN_RATE_PER_ACCOUNT": "1000000/60",
            "SIGN_IN_RATE_PER_ADDRESS": "1000000/60",
            **settings,
        }
        server, port = _start(environment)
        try:
            yield Site(port, environment)
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
