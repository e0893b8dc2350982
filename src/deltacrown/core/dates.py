"""Write dates and times: for people as ``6 Apr 2025 18:05``, for programs as ISO 8601 with ``Z``.

They are in UTC, those for people in another zone where one is given, and with the months of their language.
Any year from 1 is written. Programs get it with four digits, people with ``AD`` where it has fewer.

Messages that answer a value somebody gave repeat it as ISO 8601, as it was given.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from functools import cache

from babel import Locale
from babel.dates import get_month_names
from django.utils.translation import pgettext

from deltacrown.core.words import get_locale

#: Later than any time: stands for the end of what has none.
NEVER = datetime.max.replace(tzinfo=UTC)
FIRST_YEAR_OF_FOUR_DIGITS = 1000
MINUTE_LENGTH = len("2025-04-06 18:05")


def write_day(value: datetime, zone: tzinfo = UTC) -> str:
    """Return the day of a datetime: ``6 Apr 2025``, ``3 Apr AD 33``."""
    there = _move(value, zone)
    if there.year < FIRST_YEAR_OF_FOUR_DIGITS:
        year = pgettext("year of the common era", "AD %(year)s") % {"year": there.year}
        return f"{there.day} {write_month(there)} {year}"

    return f"{there.day} {write_month(there)} {there.year}"


def write_month(value: date) -> str:
    """Return the month of a date, without its year: ``Apr``."""
    return _list_months(get_locale())[value.month]


@cache
def _list_months(locale: Locale) -> dict[int, str]:
    return {number: str(name) for number, name in get_month_names("abbreviated", locale=locale).items()}


def write_hour(value: datetime, zone: tzinfo = UTC) -> str:
    """Return the hour and minute of a datetime: ``18:05``."""
    there = _move(value, zone)
    return f"{there.hour:02}:{there.minute:02}"


def write_minute(value: datetime, zone: tzinfo = UTC) -> str:
    """Return a datetime to the minute: ``6 Apr 2025 18:05``."""
    return f"{write_day(value, zone)} {write_hour(value, zone)}"


def _move(value: datetime, zone: tzinfo) -> datetime:
    """Return a datetime in a zone; in UTC where the zone would take it off the calendar."""
    try:
        return value.astimezone(zone)
    except OverflowError:
        return value.astimezone(UTC)


def write_second(value: datetime) -> str:
    """Return a datetime to the second: ``6 Apr 2025 18:05:09``."""
    in_utc = value.astimezone(UTC)

    return f"{write_day(in_utc)} {in_utc:%H:%M:%S}"


def read_stored_time(text: str) -> datetime:
    """Return a datetime from the JSON image of a row: SQLite writes no time zone, and means UTC."""
    value = datetime.fromisoformat(text)
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def read_selected_time(value: datetime) -> datetime:
    """Return a datetime that was selected by a cursor. SQLite returns it as it was written, and means UTC."""
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def write_iso_minute(value: datetime) -> str:
    """Return a datetime to the minute, as messages repeat it: ``2025-04-06 18:05``."""
    return value.isoformat(" ", "minutes")[:MINUTE_LENGTH]


def write_iso(value: datetime) -> str:
    """Return a datetime for programs: ``2025-04-06T18:05:09Z``, with microseconds where it has some."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def write_iso_day(value: datetime) -> str:
    """Return the day of a datetime for programs: ``2025-04-06``."""
    return value.astimezone(UTC).date().isoformat()
