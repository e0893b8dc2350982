"""The database's clock, for tests that look back in time."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from django.db import connection

CLOCKS = {
    "postgresql": "SELECT statement_timestamp()",
    "sqlite": "SELECT STRFTIME('%Y-%m-%d %H:%M:%f', 'NOW')",
}


def database_now() -> datetime:
    """Return a time later than every write before the call and earlier than every write after it.

    SQLite's clock ticks in milliseconds, hence the sleeps.
    """
    time.sleep(0.002)
    with connection.cursor() as cursor:
        cursor.execute(CLOCKS[connection.vendor])
        value = cursor.fetchone()[0]
    time.sleep(0.002)

    return value if isinstance(value, datetime) else datetime.fromisoformat(value).replace(tzinfo=UTC)
