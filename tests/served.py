"""A site served by the server of production, in processes of its own, on a database of its own."""

from __future__ import annotations

import json
import os
import socket
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

import psycopg
from django.db import connection

from tests.docs.pages import ROOT

SERVE = ["--interface", "wsgi", "--host", "127.0.0.1", "--workers", "2", "--blocking-threads", "8", "--log-level", "warning"]
PATIENCE = 60


@dataclass(frozen=True)
class Site:
    """A running site: its port, and the environment its commands run in."""

    port: int
    environment: dict[str, str]

    def manage(self, *arguments: str) -> str:
        """What a command prints; it must succeed."""
        return manage(self.environment, *arguments)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, str], Any]:
        """Status, headers and JSON of an answer, over a connection of its own."""
        client = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()} | {"Content-Type": "application/json"}
            client.request(method, f"/api/v1{path}", None if body is None else json.dumps(body), named)
            answer = client.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, json.loads(answer.read())
        finally:
            client.close()


def manage(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@contextmanager
def database_of_its_own(directory: Path) -> Iterator[str]:
    """The URL of an empty database, of the kind the suite runs on."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{directory / 'served.sqlite3'}"
        return
    server = os.environ["DELTACROWN_TEST_POSTGRESQL"]
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS served")
        admin.execute("CREATE DATABASE served")
        try:
            yield server.replace("/postgres?", "/served?", 1)
        finally:
            admin.execute("DROP DATABASE served WITH (FORCE)")


@contextmanager
def serving(directory: Path) -> Iterator[Site]:
    """A migrated site that answers; stopped afterwards."""
    with database_of_its_own(directory) as url, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        environment = {**os.environ, "DATABASE_URL": url, "API_RATE_PER_KEY": "1000000/60", "API_RATE_PER_ADDRESS": "1000000/60"}
        manage(environment, "migrate", "--verbosity", "0")
        free.close()
        command = [sys.executable, "-m", "granian", *SERVE, "--port", str(port), "deltacrown.config.wsgi:application"]
        server = subprocess.Popen(command, cwd=ROOT, env=environment)
        try:
            _wait_for(port)
            yield Site(port, environment)
        finally:
            server.terminate()
            server.wait(timeout=PATIENCE)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return
        except OSError:
            assert time.monotonic() < deadline, "the site does not answer"
            time.sleep(0.1)
