"""One way to write dates for people."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest

from deltacrown.core.dates import (
    read_stored_time,
    write_day,
    write_hour,
    write_iso,
    write_iso_day,
    write_iso_minute,
    write_minute,
    write_second,
)
from deltacrown.core.days import Precision, add_days, ends_a_day, to_utc
from tests.architecture.source import PACKAGE, list_modules

pytestmark = pytest.mark.once

#: In Istanbul, so that the day in UTC is another one.
NIGHT = datetime(2025, 4, 7, 1, 5, 9, tzinfo=timezone(timedelta(hours=3)))
#: Format codes of days and months by name: a date for people.
FOR_PEOPLE = re.compile(r"(?<!-)%-?d [%{]|%[bB]\b|%[eaAxc]\b")


def test_a_date_is_written_in_utc_and_without_a_zero_in_front():
    assert (write_day(NIGHT), write_hour(NIGHT)) == ("6 Apr 2025", "22:05")
    assert write_second(NIGHT) == "6 Apr 2025 22:05:09"


@pytest.mark.parametrize(
    ("year", "for_people", "for_programs"),
    [
        (1, "3 Apr AD 1", "0001-04-03"),
        (33, "3 Apr AD 33", "0033-04-03"),
        (999, "3 Apr AD 999", "0999-04-03"),
        (1000, "3 Apr 1000", "1000-04-03"),
        (9999, "3 Apr 9999", "9999-04-03"),
    ],
)
def test_any_year_is_written_on_every_machine_alike(year, for_people, for_programs):
    value = datetime(year, 4, 3, 9, 5, tzinfo=UTC)

    assert (write_day(value), write_minute(value)) == (for_people, f"{for_people} 09:05")
    assert (write_iso_day(value), write_iso(value)) == (for_programs, f"{for_programs}T09:05:00Z")
    assert write_iso_minute(value) == f"{for_programs} 09:05"


@pytest.mark.parametrize(
    "stored", ["0872-03-01T18:00:00+00:00", "0872-03-01 18:00:00", "0872-03-01T18:00:00"]
)
def test_a_time_is_read_back_as_either_database_keeps_it_in_json(stored):
    assert read_stored_time(stored) == datetime(872, 3, 1, 18, tzinfo=UTC)


def test_what_lies_outside_the_calendar_is_its_first_or_last_time():
    east, west = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

    assert to_utc(datetime.min.replace(tzinfo=east)) == first
    assert to_utc(datetime.max.replace(tzinfo=west)) == last
    assert to_utc(NIGHT) == NIGHT
    assert add_days(last, days=14) == last
    assert add_days(NIGHT, days=14) == NIGHT + timedelta(days=14)
    assert ends_a_day(last)
    assert not ends_a_day(first)


def test_a_midnight_tells_no_more_than_its_day():
    midnight = datetime(1872, 11, 30, tzinfo=UTC)

    assert Precision.of_time(midnight) is Precision.DAY
    assert Precision.of_time(midnight + timedelta(microseconds=1)) is Precision.EXACT
    assert Precision.of_time(datetime(2025, 4, 7, 3, tzinfo=NIGHT.tzinfo)) is Precision.DAY


def test_nothing_else_writes_dates_for_people():
    others = [module for module in list_modules() if str(module.path) != "core/dates.py"]
    pages = sorted((PACKAGE / "web" / "templates").rglob("*.html"))

    assert [str(module.path) for module in others if FOR_PEOPLE.search(module.text)] == []
    assert [page.name for page in pages if re.search(r"\|(date|time)\b", page.read_text())] == []
