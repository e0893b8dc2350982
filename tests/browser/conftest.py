"""A site as in production, with a small demo season and people with odd names, for real browsers."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.browser.bracketed import write_catalogue
from tests.browser.chromium import require_chromium, running
from tests.browser.desks import Hall, hall_of, serving_empty
from tests.served import manage, serving


@pytest.fixture(scope="session")
def stage(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """What sites are shown with: ``stage.chromium``, and the ``stage.environment`` they are served in."""
    require_chromium()
    folder = tmp_path_factory.mktemp("browser")
    write_catalogue(folder / "catalogues")
    environment = {
        "STATIC_ROOT": str(folder / "static"),
        "DEMO": "1",
        "DJANGO_SETTINGS_MODULE": "tests.browser.settings",
        "BRACKETED_CATALOGUES": str(folder / "catalogues"),
    }
    manage({**os.environ, **environment}, "collectstatic", "--noinput", "--verbosity", "0")
    with running() as chromium:
        yield SimpleNamespace(chromium=chromium, environment=environment)


@pytest.fixture(scope="session")
def site(stage: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """``site.address``, and ``site.people``: name → public id, of the people of ``tests.browser.season``."""
    folder = tmp_path_factory.mktemp("season")
    mails = folder / "mails"
    with serving(folder, **stage.environment, EMAIL_URL=f"filemail://{mails}") as served:
        served.manage("load_demo", "--players", "40", "--matches", "400", "--tournaments", "12")
        filled = "from tests.browser.season import fill; fill()"
        told = json.loads(served.manage("shell", "--verbosity", "0", "-c", filled).splitlines()[-1])
        address = f"http://127.0.0.1:{served.port}"
        yield SimpleNamespace(address=address, chromium=stage.chromium, mails=mails, **told)


@pytest.fixture
def hall(stage: Any, tmp_path: Path) -> Iterator[Hall]:
    """Somebody to be let in, on a site of its own that is empty: see ``tests.browser.desks``."""
    with serving_empty(stage, tmp_path) as empty, hall_of(empty) as found:
        yield found
