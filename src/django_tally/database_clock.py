"""The clock of the database, for times that no code may choose."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.functions import Now
from django.utils.dateparse import parse_datetime

#: SQLite stores datetimes as text and compares them as text, so this one is written as Django writes those
#: it is given: six digits of a second, or none at all for a whole second.
SQLITE_NOW = "REPLACE(STRFTIME('%Y-%m-%d %H:%M:%f000', 'NOW'), '.000000', '')"


class DatabaseNow(Now):
    """The current time by the database's clock, in the form in which Django stores datetimes there."""

    def resolve_expression(self, *args: Any, **kwargs: Any) -> DatabaseNow:
        """Return itself: it names nothing that could be resolved, and every row of a bulk insert asks."""
        return self

    def as_sqlite(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        return SQLITE_NOW.replace("%", "%%"), ()  # a statement with parameters


def read_database_clock(connection: BaseDatabaseWrapper) -> datetime:
    """Return the current time by the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {SQLITE_NOW if connection.vendor == 'sqlite' else 'statement_timestamp()'}")
        (now,) = cursor.fetchone()
    return now if isinstance(now, datetime) else datetime.fromisoformat(now).replace(tzinfo=UTC)


def read_datetime(value: str | datetime) -> datetime:
    """Convert a datetime as the database at hand returns it from a raw statement."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    parsed = parse_datetime(value)
    assert parsed is not None, value  # noqa: S101 - the column holds what the database wrote
    return parsed.replace(tzinfo=UTC)


def in_utc(at: datetime) -> datetime:
    """Return an aware datetime in UTC, or the nearest that there is.

    :raises ValueError: when ``at`` has no time zone.
    """
    if at.utcoffset() is None:
        raise ValueError(f"{at} has no time zone, so it is no one time.")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        nearest = datetime.min if at.year == datetime.min.year else datetime.max
        return nearest.replace(tzinfo=UTC)
