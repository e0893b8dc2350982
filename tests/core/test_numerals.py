"""Numbers, months and countries are written as the reader's language writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.utils.translation import override

from deltacrown.core.dates import write_day, write_minute
from deltacrown.core.numerals import write_decimal, write_whole
from deltacrown.web.templatetags.countries import country
from deltacrown.web.templatetags.figures import change, figure, money, place

pytestmark = pytest.mark.once

EARLY = datetime(33, 4, 3, tzinfo=UTC)
LATE = datetime(2026, 9, 6, 18, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("write", "value", "english", "turkish"),
    [
        (write_whole, 0, "0", "0"),
        (write_whole, 1234567, "1,234,567", "1.234.567"),
        (write_whole, -1000, "-1,000", "-1.000"),
        (write_whole, 2**63 - 1, "9,223,372,036,854,775,807", "9.223.372.036.854.775.807"),
        (write_decimal, Decimal("56.2"), "56.20", "56,20"),
        (write_decimal, 1056.25, "1,056.25", "1.056,25"),
        (figure, None, "–", "–"),
        (change, 1200, "+1,200", "+1.200"),
        (change, -12, "−12", "−12"),
        (money, Decimal("12345.50"), "12,345.50", "12.345,50"),
        (place, 1, "1st", "1."),
        (place, 2, "2nd", "2."),
        (place, 11, "11th", "11."),
        (place, 1023, "1,023rd", "1.023."),
        (place, 112, "112th", "112."),
        (write_day, EARLY, "3 Apr AD 33", "3 Nis MS 33"),
        (write_minute, LATE, "6 Sep 2026 18:05", "6 Eyl 2026 18:05"),
        (country, "DE", "Germany", "Almanya"),
        (country, "EU", "EU", "EU"),
        (country, "QQ", "QQ", "QQ"),
    ],
)
def test_each_language_has_its_own_writing(write, value, english, turkish):
    with override("en"):
        assert write(value) == english
    with override("tr"):
        assert write(value) == turkish


def test_without_a_language_it_is_english():
    with override(None):
        assert (write_whole(1000), write_day(LATE)) == ("1,000", "6 Sep 2026")
