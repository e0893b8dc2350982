"""One way to write dates for people."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

import pytest

from deltacrown.core.dates import write_day, write_hour, write_second
from tests.architecture.source import PACKAGE, list_modules

pytestmark = pytest.mark.once

#: In Istanbul, so that the day in UTC is another one.
NIGHT = datetime(2025, 4, 7, 1, 5, 9, tzinfo=timezone(timedelta(hours=3)))
#: Format codes of days and months by name: a date for people.
FOR_PEOPLE = re.compile(r"(?<!-)%-?d [%{]|%[bB]\b|%[eaAxc]\b")


def test_a_date_is_written_in_utc_and_without_a_zero_in_front():
    assert (write_day(NIGHT), write_hour(NIGHT)) == ("6 Apr 2025", "22:05")
    assert write_second(NIGHT) == "6 Apr 2025 22:05:09"


def test_nothing_else_writes_dates_for_people():
    others = [module for module in list_modules() if str(module.path) != "core/dates.py"]
    pages = sorted((PACKAGE / "web" / "templates").rglob("*.html"))

    assert [str(module.path) for module in others if FOR_PEOPLE.search(module.text)] == []
    assert [page.name for page in pages if re.search(r"\|(date|time)\b", page.read_text())] == []
