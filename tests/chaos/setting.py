"""A throwaway database for a chaos run, migrated and ready, in the process that asks for it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: The environment variable with the address of a database that is migrated and belongs to this run.
GIVEN = "DELTACROWN_CHAOS_DATABASE"


@contextmanager
def throwaway_database(vendor: str) -> Iterator[None]:
    """Set Django up on a new database of ``vendor`` (``sqlite`` or ``postgresql``); it is gone afterwards.

    The suite gives each run a database that is migrated already, and takes it away itself.
    """
    if given := os.environ.get(GIVEN):
        _set_up(given)
        yield
        _close_connections()
        return
    with tempfile.TemporaryDirectory(prefix="deltacrown-chaos-") as name:
        directory = Path(name)
        if vendor == "postgresql":
            from tests.databases import start_postgresql

            server = start_postgresql(directory / "pg")
            url = server.get_uri()
        else:
            server, url = None, f"sqlite:///{directory / 'chaos.sqlite3'}"
        try:
            _set_up(url)
            yield
        finally:
            _close_connections()
            if server is not None:
                server.cleanup()


def _set_up(url: str) -> None:
    os.environ["DATABASE_URL"] = url
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deltacrown.config.settings")
    os.environ.setdefault("LOG_LEVEL", "ERROR")  # what is repaired by the hundred is counted, not told
    import django
    from django.core.management import call_command

    from deltacrown.core.garbage import look_seldom

    look_seldom()
    django.setup()
    if GIVEN not in os.environ:
        call_command("migrate", verbosity=0)


def _close_connections() -> None:
    from django.db import connections

    connections.close_all()
