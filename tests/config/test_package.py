"""The wheel, outside the clone: it has all it needs, and keeps its files in a folder of its own."""

from __future__ import annotations

import email
import zipfile

import pytest

from tests.docs.pages import ROOT
from tests.installed import Site, ask, build_wheel, look_at_pages

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with what the wheel installs."""
    folder = tmp_path_factory.mktemp("wheel")
    wheel = build_wheel(folder)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "packages")
    return folder / "packages"


def test_a_build_writes_nothing_into_the_clone(installed):
    """Others run it meanwhile, and would read what is half written."""
    assert (installed.parent / "source" / "src" / "deltacrown.egg-info" / "PKG-INFO").is_file()


def test_the_wheel_says_what_it_is(installed):
    [folder] = installed.glob("deltacrown-*.dist-info")
    told = email.message_from_string((folder / "METADATA").read_text())

    assert told["License-Expression"] == "MIT"
    assert (folder / "licenses" / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()
    assert set(told.get_all("Provides-Extra")) == {"postgres", "redis", "server", "tracing", "errors"}
    required = told.get_all("Requires-Dist")
    assert any(line.startswith("psycopg") and "server" in line for line in required)
    assert any(line.startswith("granian") and "extra" not in line for line in required)
    assert "deltacrown = deltacrown.__main__:main" in (folder / "entry_points.txt").read_text()


def test_the_demo_is_served_from_the_wheel_alone(installed, tmp_path):
    site = Site(tmp_path, packages=installed)
    site.home.mkdir()
    (site.home / ".env").write_text("SITE_LANGUAGE=tr\n")
    site.load_season()

    with site.serve_demo() as port:
        opened = look_at_pages(port)
        _, page = ask(port, "/")
        style = ask(port, page.partition('<link rel="stylesheet" href="')[2].partition('"')[0])

    assert style[0] == 200
    assert 'lang="tr"' in page
    assert [path for path in opened if "DC-" in path]
    kept = {path.name for path in site.home.iterdir()}
    assert {"deltacrown.sqlite3", "secret_key", "static"} <= kept
    assert {path.name for path in tmp_path.iterdir()} == {"home"}
    assert not list(installed.rglob("*.sqlite3"))
