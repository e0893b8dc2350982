"""Write dates and times in UTC: for people as ``6 Apr 2025 18:05``, for programs as ISO 8601 with ``Z``.

Messages that answer a value somebody gave repeat it as ISO 8601, as it was given.
"""

from __future__ import annotations

from datetime import UTC, datetime


def write_day(value: datetime) -> str:
    """Return the day of a datetime: ``6 Apr 2025``."""
    in_utc = value.astimezone(UTC)

    return f"{in_utc.day} {in_utc:%b %Y}"


def write_hour(value: datetime) -> str:
    """Return the hour and minute of a datetime: ``18:05``."""
    return f"{value.astimezone(UTC):%H:%M}"


def write_second(value: datetime) -> str:
    """Return a datetime to the second: ``6 Apr 2025 18:05:09``."""
    in_utc = value.astimezone(UTC)

    return f"{write_day(in_utc)} {in_utc:%H:%M:%S}"


def write_iso(value: datetime) -> str:
    """Return a datetime for programs: ``2025-04-06T18:05:09Z``, with microseconds where it has some."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
