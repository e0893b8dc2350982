"""JSON that people and games told, with the same numbers whichever database kept it.

PostgreSQL keeps a number of JSON by its digits, SQLite as it was written. So 1e300 comes back as a whole
number of 301 digits from the one and as 1e300 from the other, 1e16 as a whole number or as a float, and −0.0
without its sign or with it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, cast

from django.db import models

from deltacrown.core.inputs import LARGEST_BIG_INTEGER, SMALLEST_BIG_INTEGER

#: From here on Python writes a float by an exponent, and PostgreSQL all its digits.
_WITH_EXPONENT = 1e16
_DIGITS = bytes.maketrans(b"123456789", b"000000000")
#: As many digits as a whole number has that 64 bits may be too few for.
_LONG = b"0" * 19


class ToldJSONField(models.JSONField):
    """A field of JSON that was told from outside: what is read of it is the same on every database.

    To migrations it is the JSON field that it is in the database.
    """

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """Return the value, its numbers as ``tidy_numbers`` writes them."""
        read = cast("Callable[..., Any]", super().from_db_value)(value, expression, connection)
        return tidy_numbers(read) if isinstance(value, str) and may_be_untidy(value) else read

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        """Return how migrations write the field: as the one of Django."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs


def may_be_untidy(text: str) -> bool:
    """Return whether the text of a JSON value may hold a number that ``tidy_numbers`` would change.

    It is asked of every value that is read, so it looks for bytes alone, and may be wrong in saying yes.
    """
    return "e+" in text or "-0.0" in text or (len(text) >= len(_LONG) and _has_long_number(text))


def _has_long_number(text: str) -> bool:
    return _LONG in text.encode("utf-8", "surrogatepass").translate(_DIGITS)


def tidy_documents(documents: Sequence[str | None]) -> Sequence[str | None]:
    """Return the texts of JSON values with their numbers as ``tidy_numbers`` writes them."""
    if not may_be_untidy(",".join(filter(None, documents))):
        return documents
    return [
        json.dumps(tidy_numbers(json.loads(text)), ensure_ascii=False) if text else text for text in documents
    ]


def tidy_numbers(value: Any) -> Any:
    """Return a JSON value with each number in the one form that can be written, read and sent in again.

    A whole number beyond 64 bits was a float when it was told, as no other is taken; a float with an exponent
    is a whole number while 64 bits hold it; and zero has no sign. All are equal to what was told.
    """
    if isinstance(value, dict):
        return {name: tidy_numbers(each) for name, each in value.items()}
    if isinstance(value, list):
        return [tidy_numbers(each) for each in value]
    if isinstance(value, float):
        return _tidy_float(value)
    if type(value) is int and not SMALLEST_BIG_INTEGER <= value <= LARGEST_BIG_INTEGER:
        return float(value)
    return value


def _tidy_float(value: float) -> int | float:
    if abs(value) < _WITH_EXPONENT:
        return value or 0.0
    whole = int(Decimal(repr(value)))  # the digits that PostgreSQL keeps; int(value) has others
    return whole if SMALLEST_BIG_INTEGER <= whole <= LARGEST_BIG_INTEGER else value
