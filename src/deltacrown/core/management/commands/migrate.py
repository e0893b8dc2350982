"""Django's ``migrate``, which finds changes in the order of ``OrderedAutodetector``, and never waits long.

Whoever waits for a table keeps everybody who comes later from it. So a statement gives up soon, lets the
others pass, and the rest of the migrations is tried again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import migrate
from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from deltacrown.core.commands import SaysExits, whole_number
from deltacrown.core.migration_order import OrderedAutodetector
from deltacrown.core.outages import LOCKED, find_outage

#: Seconds between two attempts: time for those who waited behind this command.
MOST_PAUSE = 5


class Command(SaysExits, migrate.Command):
    exits = {0: "when everything is migrated", 1: "when a migration failed, or a table was never free"}
    autodetector = OrderedAutodetector

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the two limits to Django's arguments."""
        super().add_arguments(parser)
        parser.add_argument(
            "--lock-seconds",
            type=whole_number(0, 3600),
            default=5,
            help="How long a statement waits for a table on PostgreSQL; 0 for no limit (default: 5).",
        )
        parser.add_argument(
            "--attempts",
            type=whole_number(1, 10_000),
            default=30,
            help="How often the rest is tried again when a table was not free in time (default: 30).",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate.

        :raises CommandError: a table was never free, or PgBouncer stands before the database.
        """
        seconds, most = options.pop("lock_seconds"), options.pop("attempts")
        connection = connections[options["database"]]
        if connection.vendor != "postgresql":
            super().handle(*args, **options)
            return
        if settings.DATABASE_PGBOUNCER:
            raise CommandError("PgBouncer keeps no limit on locks: give DATABASE_URL of PostgreSQL itself.")
        with _limited_locks(connection, seconds):
            self._try(connection, most, args, options)

    def _try(self, connection: BaseDatabaseWrapper, most: int, args: Any, options: dict[str, Any]) -> None:
        for attempt in range(1, most + 1):
            try:
                super().handle(*args, **options)
            except OperationalError as error:
                if find_outage(error) is not LOCKED or connection.in_atomic_block:
                    raise
                if attempt == most:
                    message = (
                        f"A table was not free in {most} attempts: {error} What was done stays; run it again."
                    )
                    raise CommandError(message) from error
                self.stderr.write(f"A table was not free, attempt {attempt} of {most}: {error}")
                pause(min(attempt, MOST_PAUSE))
            else:
                return


@contextmanager
def _limited_locks(connection: BaseDatabaseWrapper, seconds: int) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout')")
        [before] = cursor.fetchone()
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{seconds}s"])
    try:
        yield
    finally:
        if connection.is_usable() and not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, false)", [before])


def pause(seconds: float) -> None:
    """Let those who wait have the table."""
    time.sleep(seconds)
