"""The wheel, and a site of what it installs: outside the clone, in a folder of its own."""

from __future__ import annotations

import http.client
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.docs.pages import ROOT
from tests.ports import take_port

#: The smallest season there is.
SMALL = ["--players", "40", "--matches", "400", "--tournaments", "12"]
PATIENCE = 300


def build_wheel(folder: Path) -> Path:
    """Build the wheel in ``folder`` with the setuptools that is installed, and return its path."""
    source = folder / "source"
    link_source(source, ["pyproject.toml", "README.md", "LICENSE", "requirements", "src"])
    build = "import setuptools.build_meta as b, sys; print(b.build_wheel(sys.argv[1]))"
    subprocess.run(
        [sys.executable, "-c", build, str(folder)],
        cwd=source,
        check=True,
        capture_output=True,
        timeout=PATIENCE,
    )
    [wheel] = folder.glob("*.whl")
    return wheel


def link_source(source: Path, names: Sequence[str]) -> None:
    """Make ``source`` a clone of these files and folders, to build from.

    A build writes beside the packages what it finds out of them, which others would read while it is written:
    so ``src`` is a folder of its own.
    """
    for name in names:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        if name != "src":
            (source / name).symlink_to(ROOT / name)
            continue
        (source / name).mkdir()
        for package in (ROOT / name).iterdir():
            if package.suffix != ".egg-info":
                (source / name / package.name).symlink_to(package)


class Site:
    """Commands of an installed package, run where no clone is.

    :param python: the interpreter that has it.
    :param packages: the folder in which it was unpacked, if it is not among the interpreter's own.
    """

    def __init__(self, folder: Path, *, python: str = sys.executable, packages: Path | None = None):
        self.folder, self.home, self.python = folder, folder / "home", python
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG"}}
        found = {"PYTHONPATH": str(packages)} if packages else {}
        self.environment = {**kept, **found, "HOME": str(folder), "DELTACROWN_HOME": str(self.home)}

    def run(self, *command: str, **environment: str) -> str:
        """Run a command to its end; return what it wrote."""
        done = subprocess.run(
            [self.python, "-m", "deltacrown", *command],
            cwd=self.folder,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def start(self, *command: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run a command until the end of the block."""
        process = subprocess.Popen(
            [self.python, "-m", "deltacrown", *command],
            cwd=self.folder,
            env=self.environment | environment,
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE)

    def load_season(self) -> None:
        """Make the tables and the smallest season."""
        self.run("migrate", "--verbosity", "0")
        self.run("load_demo", *SMALL, DEMO="1")

    @contextmanager
    def serve_demo(self) -> Iterator[int]:
        """Serve the season that was loaded until the end of the block, on the port that is yielded."""
        port = take_port()
        with self.start("demo", "--port", str(port), "--threads", "4") as process:
            wait_for(process, port, "/")
            yield port


def ask(port: int, path: str) -> tuple[int, str]:
    """Return the status and the text of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", path)
    answer = connection.getresponse()
    told = answer.status, answer.read().decode()
    connection.close()
    return told


def wait_for(process: subprocess.Popen[bytes], port: int, path: str) -> tuple[int, str]:
    """Ask until the server answers. Raises ``AssertionError`` if it ends before."""
    while process.poll() is None:
        try:
            return ask(port, path)
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"the server ended with {process.returncode}")


def look_at_pages(port: int) -> list[str]:
    """Open a page of each kind, those that a page leads to, too; return their addresses.

    Raises ``AssertionError`` for one that is not shown.
    """
    opened = []
    led_to = {
        "/leaderboards/matches_won/": r'href="(/players/DC-[\d-]+/)',
        "/tournaments/": r'href="(/tournaments/[a-z][\w-]+/)"',
    }
    waiting = ["/", *led_to, "/players/", "/sign-in/", "/api/v1/leaderboards/matches_won", "/api/v1/docs"]
    while waiting:
        path = waiting.pop(0)
        status, text = ask(port, path)
        assert status == 200, (path, status, text[:500])
        opened.append(path)
        if path in led_to:
            [first, *_] = re.findall(led_to[path], text) or [None]
            assert first, f"{path} leads nowhere"
            waiting.append(first)
    return opened
