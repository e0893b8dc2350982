"""A site as in production, with a small demo season and people with odd names, for real browsers."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.browser.bracketed import write_catalogue
from tests.browser.chromium import require_chromium, running
from tests.browser.desks import Hall, hall_of, serving_empty
from tests.first_of_run import find_shared, make_once
from tests.pristine import write_migrated
from tests.served import commands_on, serving_on

#: The database of the season, and what ``tests.browser.season`` tells of it.
SEASON, TOLD = "season.sqlite3", "season.json"


@pytest.fixture(scope="session")
def stage(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[Any]:
    """What sites are shown with: ``stage.chromium``, and the ``stage.environment`` they are served in.

    In ``stage.shared`` is what all workers of a run share.
    """
    require_chromium()
    shared = find_shared(tmp_path_factory, pytestconfig)
    environment = name_settings(make_once(shared, "stage", make_stage))
    with running() as chromium:
        yield SimpleNamespace(chromium=chromium, environment=environment, shared=shared)


def name_settings(folder: Path) -> dict[str, str]:
    """The settings of sites that are shown with what ``make_stage`` made."""
    return {
        "STATIC_ROOT": str(folder / "static"),
        "DEMO": "1",
        "DJANGO_SETTINGS_MODULE": "tests.browser.settings",
        "BRACKETED_CATALOGUES": str(folder / "catalogues"),
    }


def make_stage(folder: Path) -> None:
    """Make the catalogue in brackets and the static files."""
    write_catalogue(folder / "catalogues")
    with commands_on("sqlite://:memory:", **name_settings(folder)) as commands:
        commands.manage("collectstatic", "--noinput", "--verbosity", "0")


def make_season(folder: Path, settings: dict[str, str]) -> None:
    """Make the database of a season with people of ``tests.browser.season``, and what is told of them."""
    write_migrated(folder / SEASON)
    with commands_on(f"sqlite:///{folder / SEASON}", **settings) as commands:
        commands.manage("load_demo", "--players", "40", "--matches", "400", "--tournaments", "12")
        filled = "from tests.browser.season import fill; fill()"
        told = commands.manage("shell", "--verbosity", "0", "-c", filled).splitlines()[-1]
    (folder / TOLD).write_text(told)


@pytest.fixture(scope="session")
def site(stage: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """``site.address``, and ``site.people``: name → public id, of the people of ``tests.browser.season``.

    Each worker serves a copy of its own.
    """
    made = make_once(stage.shared, "season", partial(make_season, settings=stage.environment))
    folder = tmp_path_factory.mktemp("season")
    with closing(sqlite3.connect(made / SEASON)) as first, closing(sqlite3.connect(folder / SEASON)) as own:
        first.backup(own)
    mails = folder / "mails"
    settings = {**stage.environment, "EMAIL_URL": f"filemail://{mails}"}
    with serving_on(f"sqlite:///{folder / SEASON}", **settings) as served:
        told = json.loads((made / TOLD).read_text())
        address = f"http://127.0.0.1:{served.port}"
        yield SimpleNamespace(address=address, chromium=stage.chromium, mails=mails, **told)


@pytest.fixture
def hall(stage: Any, tmp_path: Path) -> Iterator[Hall]:
    """Somebody to be let in, on a site of its own that is empty: see ``tests.browser.desks``."""
    with serving_empty(stage, tmp_path) as empty, hall_of(empty) as found:
        yield found
