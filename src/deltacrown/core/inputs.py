"""Checks of single input values. A value that passes can be stored in both databases."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

from django.utils.timezone import is_naive

from deltacrown.core import clock
from deltacrown.core.dates import write_iso_minute
from deltacrown.core.errors import InvalidInput

#: Most levels of nested lists and objects; the stats of a player need two or three.
DEEPEST_JSON = 20
SMALLEST_INTEGER, LARGEST_INTEGER = -(2**31), 2**31 - 1
SMALLEST_BIG_INTEGER, LARGEST_BIG_INTEGER = -(2**63), 2**63 - 1
#: Where Unicode has characters that are shown as nothing (Default_Ignorable_Code_Point), first and last.
INVISIBLE_RANGES = (
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)
INVISIBLE = frozenset(chr(code) for first, last in INVISIBLE_RANGES for code in range(first, last + 1))
#: A pattern of Braille without a dot: a character of its own, and white.
BLANK_BRAILLE = "\u2800"


def check_text(
    value: object, *, field: str, limit: int, required: bool = False, multiline: bool = False
) -> None:
    """Check that ``value`` is text of at most ``limit`` characters that both databases can store.

    :param required: also refuse text in which nothing can be seen.
    :param multiline: allow tabs and line breaks.
    :raises InvalidInput: it is not; the message names ``field`` and the fault.
    """
    if not isinstance(value, str):
        raise InvalidInput(f"{field} must be text, not {type(value).__name__}.", field=field)
    if required and is_blank(value):
        raise InvalidInput(f"{field} must not be empty.", field=field)
    if len(value) > limit:
        raise InvalidInput(f"{field} is {len(value)} characters long; the limit is {limit}.", field=field)
    if not is_storable(value, multiline=multiline):
        raise InvalidInput(f"{field} holds control characters; remove them.", field=field)


def is_blank(text: str) -> bool:
    """Return whether ``text`` has no character that can be seen: it is empty, white or of no width."""
    return not any(map(_is_visible, text))


def _is_visible(character: str) -> bool:
    if character.isascii():
        return character > " " and character != "\x7f"
    is_white = character in INVISIBLE or character.isspace() or character == BLANK_BRAILLE
    return not is_white and unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Mn", "Me"}


def is_storable(text: str, *, multiline: bool = True) -> bool:
    """Return whether ``text`` has no control characters and no lone surrogates."""
    if text.isprintable():
        return True
    allowed = "\t\n\r" if multiline else ""
    return all(
        character in allowed or unicodedata.category(character) not in {"Cc", "Cs"} for character in text
    )


def check_datetime(value: object, *, field: str) -> None:
    """Check that ``value`` is a datetime with a time zone.

    :raises InvalidInput: it is not; the message names ``field``.
    """
    if not isinstance(value, datetime):
        raise InvalidInput(f"{field} must be a date with a time, not {type(value).__name__}.", field=field)
    if is_naive(value):
        raise InvalidInput(f"{field} {write_iso_minute(value)} has no time zone; give one.", field=field)


def check_past(
    value: object,
    *,
    field: str,
    now: datetime | None = None,
    tolerance: timedelta = timedelta(0),
    whose: object = "",
) -> None:
    """Check that ``value`` is a datetime with a time zone, and not in the future.

    :param now: None for a service that is not handed it; this asks the clock then.
    :param tolerance: how far ahead of ours the clock may be of whoever states the date.
    :param whose: named in the message, where a request holds several.
    :raises InvalidInput: it is not; the message names ``field``.
    """
    check_datetime(value, field=field)
    if isinstance(value, datetime) and value > (now or clock.now()) + tolerance:
        of = f" of {whose}" if whose else ""
        message = f"{field} {write_iso_minute(value)}{of} is in the future; record it once it has happened."
        raise InvalidInput(message, field=field)


def check_integer(
    value: object, *, field: str, least: int = SMALLEST_INTEGER, most: int = LARGEST_INTEGER
) -> None:
    """Check that ``value`` is a whole number from ``least`` to ``most``.

    :raises InvalidInput: it is not; the message names ``field``.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidInput(f"{field} must be a whole number, not {value!r:.40}.", field=field)
    if not least <= value <= most:
        raise InvalidInput(f"{field} must be from {least:,} to {most:,}.", field=field)


def check_json_object(value: object, *, field: str) -> None:
    """Check that ``value`` is a JSON object that both databases store without change.

    :raises InvalidInput: it is not; the message names ``field`` and the path of the faulty value.
    """
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{field} must be a JSON object, not {type(value).__name__}.", field=field)
    fault = find_json_fault(dict(value))
    if fault:
        raise InvalidInput(f"{field}{fault}", field=field)


def find_json_fault(value: Any, depth: int = 1) -> str:
    """Return the path of the first part of ``value`` that cannot be stored and the reason, or ``""``."""
    if value is None or isinstance(value, bool):
        return ""

    if isinstance(value, str):
        is_fine = "\0" not in value and is_encodable(value)
        return "" if is_fine else " holds characters that cannot be stored; remove them."

    if isinstance(value, int):
        is_fine = SMALLEST_BIG_INTEGER <= value <= LARGEST_BIG_INTEGER
        return "" if is_fine else " is a whole number of more than 64 bits."

    if isinstance(value, float):
        return "" if isfinite(value) else f" is {value}, which JSON cannot express; leave it out."

    return _find_nested_fault(value, depth)


def _find_nested_fault(value: Any, depth: int) -> str:
    if not isinstance(value, (dict, list)):
        return f" is a {type(value).__name__}; JSON has text, numbers, true, false, null, lists and objects."
    if depth > DEEPEST_JSON:
        return f" is nested more than {DEEPEST_JSON} levels deep."

    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        if isinstance(value, dict) and (not isinstance(key, str) or find_json_fault(key)):
            return f" has the key {key!r:.60}, which cannot be stored."
        if fault := find_json_fault(item, depth + 1):
            return f".{key}{fault}"
    return ""


def is_encodable(text: str) -> bool:
    """Return whether ``text`` has no lone surrogates, which UTF-8 cannot encode."""
    return text.isascii() or all(not "\ud800" <= character <= "\udfff" for character in text)


def is_same_json(left: Any, right: Any) -> bool:
    """Return whether two JSON values are equal, whatever form a database gave their numbers.

    PostgreSQL, for example, returns 1e300 as a whole number of 301 digits.
    """
    is_same_text = json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)
    return is_same_text or _is_equal_json(left, right)


def _is_equal_json(left: Any, right: Any) -> bool:
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_is_equal_json(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_is_equal_json, left, right))
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, float) or isinstance(right, float):
        are_numbers = isinstance(left, (int, float)) and isinstance(right, (int, float))
        return are_numbers and float(left) == float(right)
    return bool(left == right)
