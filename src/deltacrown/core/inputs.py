"""Checks of single input values. A value that passes can be stored in both databases."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

from django.utils.timezone import is_naive
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext

from deltacrown.core import clock
from deltacrown.core.dates import write_iso_minute
from deltacrown.core.errors import InvalidInput
from deltacrown.core.numerals import write_whole

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
#: What is wrong with a part of a JSON value.
UNSTORABLE = gettext_noop("%(place)s holds characters that cannot be stored; remove them.")
TOO_LARGE = gettext_noop("%(place)s is a whole number of more than 64 bits.")
INEXPRESSIBLE = gettext_noop("%(place)s is %(value)s, which JSON cannot express; leave it out.")
NO_JSON = gettext_noop(
    "%(place)s is a %(kind)s; JSON has text, numbers, true, false, null, lists and objects."
)
TOO_DEEP = gettext_noop("%(place)s is nested more than %(levels)s levels deep.")
WRONG_KEY = gettext_noop("%(place)s has the key %(key)s, which cannot be stored.")


def check_text(
    value: object, *, field: str, limit: int, required: bool = False, multiline: bool = False
) -> None:
    """Check that ``value`` is text of at most ``limit`` characters that both databases can store.

    :param required: also refuse text in which nothing can be seen.
    :param multiline: allow tabs and line breaks.
    :raises InvalidInput: it is not; the message names ``field`` and the fault.
    """
    if isinstance(value, str) and len(value) <= limit and value.isprintable() and not required:
        return  # nearly every text
    if not isinstance(value, str):
        raise _refuse(_("%(field)s must be text, not %(kind)s."), field, kind=type(value).__name__)
    if required and is_blank(value):
        raise _refuse(_("%(field)s must not be empty."), field)
    if len(value) > limit:
        sentence = _("%(field)s is %(length)s characters long; the limit is %(limit)s.")
        raise _refuse(sentence, field, length=len(value), limit=limit)
    if not is_storable(value, multiline=multiline):
        raise _refuse(_("%(field)s holds control characters; remove them."), field)


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
        sentence = _("%(field)s must be a date with a time, not %(kind)s.")
        raise _refuse(sentence, field, kind=type(value).__name__)
    if is_naive(value):
        raise _refuse(
            _("%(field)s %(time)s has no time zone; give one."), field, time=write_iso_minute(value)
        )


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
        if whose:
            sentence = _("%(field)s %(time)s of %(whose)s is in the future; record it once it has happened.")
        else:
            sentence = _("%(field)s %(time)s is in the future; record it once it has happened.")
        raise _refuse(sentence, field, time=write_iso_minute(value), whose=whose)


def check_integer(
    value: object, *, field: str, least: int = SMALLEST_INTEGER, most: int = LARGEST_INTEGER
) -> None:
    """Check that ``value`` is a whole number from ``least`` to ``most``.

    :raises InvalidInput: it is not; the message names ``field``.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        sentence = _("%(field)s must be a whole number, not %(value)s.")
        raise _refuse(sentence, field, value=f"{value!r:.40}")
    if not least <= value <= most:
        sentence = _("%(field)s must be from %(least)s to %(most)s.")
        raise _refuse(sentence, field, least=write_whole(least), most=write_whole(most))


def check_json_object(value: object, *, field: str) -> None:
    """Check that ``value`` is a JSON object that both databases store without change.

    :raises InvalidInput: it is not; the message names ``field`` and the path of the faulty value.
    """
    if not isinstance(value, Mapping):
        raise _refuse(_("%(field)s must be a JSON object, not %(kind)s."), field, kind=type(value).__name__)
    fault = find_json_fault(dict(value))
    if fault:
        raise InvalidInput(fault.describe(field), field=field)


def _refuse(sentence: str, field: str, **words: object) -> InvalidInput:
    """Return the refusal of a value, whose sentence names the field, or says "this" where it stands there."""
    named, beside = ({"field": name, **words} for name in (field, pgettext("a field", "This")))
    return InvalidInput(sentence % named, field=field, at_field=sentence % beside)


@dataclass(frozen=True)
class JsonFault:
    """Why a JSON value cannot be stored.

    :param sentence: what is wrong with a part of it, to be translated.
    :param words: what the sentence names beside that part.
    :param path: from the value to the part, such as ``.scores.0``.
    """

    sentence: str
    words: Mapping[str, object] = field(default_factory=dict)
    path: str = ""

    def describe(self, name: str) -> str:
        """Return the sentence.

        :param name: what the value is called.
        """
        return _(self.sentence) % {**self.words, "place": f"{name}{self.path}"}


def find_json_fault(value: Any, depth: int = 1) -> JsonFault | None:
    """Return the fault of the first part of ``value`` that cannot be stored, or None."""
    if value is None or isinstance(value, bool):
        return None

    if isinstance(value, str):
        is_fine = "\0" not in value and is_encodable(value)
        return None if is_fine else JsonFault(UNSTORABLE)

    if isinstance(value, int):
        is_fine = SMALLEST_BIG_INTEGER <= value <= LARGEST_BIG_INTEGER
        return None if is_fine else JsonFault(TOO_LARGE)

    if isinstance(value, float):
        return None if isfinite(value) else JsonFault(INEXPRESSIBLE, {"value": value})

    return _find_nested_fault(value, depth)


def _find_nested_fault(value: Any, depth: int) -> JsonFault | None:
    if not isinstance(value, (dict, list)):
        return JsonFault(NO_JSON, {"kind": type(value).__name__})
    if depth > DEEPEST_JSON:
        return JsonFault(TOO_DEEP, {"levels": DEEPEST_JSON})

    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        is_key = type(key) is str and key.isascii() and key.isprintable()
        if isinstance(value, dict) and not is_key and (not isinstance(key, str) or find_json_fault(key)):
            return JsonFault(WRONG_KEY, {"key": f"{key!r:.60}"})
        if type(item) is int and SMALLEST_INTEGER <= item <= LARGEST_INTEGER:
            continue  # nearly every number
        if fault := find_json_fault(item, depth + 1):
            return replace(fault, path=f".{key}{fault.path}")
    return None


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
