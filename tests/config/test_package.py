"""The wheel, outside the clone: it has all it needs, and keeps its files in a folder of its own."""

from __future__ import annotations

import email
import http.client
import os
import socket
import subprocess
import sys
import time
import zipfile
from contextlib import contextmanager

import pytest

from tests.docs.pages import ROOT

pytestmark = pytest.mark.once

#: The smallest season there is.
SMALL = ["--players", "40", "--matches", "400", "--tournaments", "12"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with what the wheel installs."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "requirements", "src"):
        (source / name).symlink_to(ROOT / name)
    build = "import setuptools.build_meta as b, sys; print(b.build_wheel(sys.argv[1]))"
    subprocess.run(
        [sys.executable, "-c", build, str(folder)], cwd=source, check=True, capture_output=True, timeout=300
    )
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "packages")
    return folder / "packages"


class Site:
    """Commands of the installed package, run where no clone is."""

    def __init__(self, packages, folder):
        self.folder, self.home = folder, folder / "home"
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG"}}
        self.environment = {
            **kept,
            "HOME": str(folder),
            "PYTHONPATH": str(packages),
            "DELTACROWN_HOME": str(self.home),
        }

    def run(self, *command, **environment):
        """Run a command to its end; return what it wrote."""
        done = subprocess.run(
            [sys.executable, "-m", "deltacrown", *command],
            cwd=self.folder,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def start(self, *command, **environment):
        """Run a command until the end of the block."""
        process = subprocess.Popen(
            [sys.executable, "-m", "deltacrown", *command],
            cwd=self.folder,
            env=self.environment | environment,
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=60)


def ask(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    told = answer.status, answer.read().decode()
    connection.close()
    return told


def wait_for(process, port, path):
    while process.poll() is None:
        try:
            return ask(port, path)
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"the server ended with {process.returncode}")


def find_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_the_wheel_says_what_it_is(installed):
    [folder] = installed.glob("deltacrown-*.dist-info")
    told = email.message_from_string((folder / "METADATA").read_text())

    assert told["License-Expression"] == "MIT"
    assert (folder / "licenses" / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()
    assert set(told.get_all("Provides-Extra")) == {"postgres", "redis", "server"}
    required = told.get_all("Requires-Dist")
    assert any(line.startswith("psycopg") and "server" in line for line in required)
    assert any(line.startswith("granian") and "extra" not in line for line in required)
    assert "deltacrown = deltacrown.__main__:main" in (folder / "entry_points.txt").read_text()


def test_the_demo_is_served_from_the_wheel_alone(installed, tmp_path):
    site, port = Site(installed, tmp_path), find_port()
    (site.home).mkdir()
    (site.home / ".env").write_text("SITE_LANGUAGE=tr\n")
    site.run("migrate", "--verbosity", "0")
    site.run("load_demo", *SMALL, DEMO="1")

    with site.start("demo", "--port", str(port), "--threads", "4") as process:
        status, page = wait_for(process, port, "/")
        script = ask(port, page.partition('<link rel="stylesheet" href="')[2].partition('"')[0])

    assert status == 200
    assert 'lang="tr"' in page
    assert script[0] == 200
    kept = {path.name for path in site.home.iterdir()}
    assert {"deltacrown.sqlite3", "secret_key", "static"} <= kept
    assert {path.name for path in tmp_path.iterdir()} == {"home"}
    assert not list(installed.rglob("*.sqlite3"))
