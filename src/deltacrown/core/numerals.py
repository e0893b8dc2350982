"""Write numbers for people as their language does: ``12,480``, ``56.25``, ``1st``."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.numbers import format_decimal
from django.utils.translation import gettext, pgettext

from deltacrown.core.words import get_locale

#: Up to here whole numbers are written alike everywhere.
SHORT = 1000
#: The last two digits of numbers that end with 1, 2 or 3 and are not called first, second or third.
TEENS = {11, 12, 13}


def write_whole(value: int) -> str:
    """Return a whole number with thousands separated: ``12,480``."""
    return _write(value, "#,##0")


def write_decimal(value: float | Decimal) -> str:
    """Return a number to two decimals: ``1,056.25``."""
    return _write(value, "#,##0.00")


def write_exactly(value: int | Decimal, *, groups: bool = True) -> str:
    """Return a number with the decimals that it has: ``1,056``, ``56.25``, ``3.0``.

    :param groups: whether thousands are separated.
    """
    exponent = value.as_tuple().exponent if isinstance(value, Decimal) else 0
    decimals = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    pattern = ("#,##0" if groups else "0") + ("." + "0" * decimals if decimals else "")
    return _write(value, pattern)


def write_percentage(value: float | Decimal) -> str:
    """Return a percentage to two decimals: ``56.25 %``; ``%56,25``."""
    return write_with_unit(write_decimal(value), "%")


def write_with_unit(written: str, unit: str) -> str:
    """Return a written number with its unit, where the language has it: ``56.25 %``; ``%56,25``.

    :param unit: ``"%"``, a word, or empty for none.
    """
    if unit == "%":
        return gettext("%(number)s %%") % {"number": written}
    return f"{written} {unit}" if unit else written


def write_ordinal(value: int) -> str:
    """Return the number of a place: ``1st``, ``2nd``, ``11th``; ``1.``."""
    last = 0 if value % 100 in TEENS else value % 10
    sentence = {
        1: pgettext("place 1, 21, 31 …", "%(number)sst"),
        2: pgettext("place 2, 22, 32 …", "%(number)snd"),
        3: pgettext("place 3, 23, 33 …", "%(number)srd"),
    }.get(last, pgettext("every other place", "%(number)sth"))
    return sentence % {"number": write_whole(value)}


def _write(value: float | Decimal, pattern: str) -> str:
    if type(value) is int and 0 <= value < SHORT and "." not in pattern:
        return str(value)
    # Zeros with a sign are equal to those without, and written otherwise.
    return (_write_known if value else _write_anew)(value, pattern, get_locale())


def _write_anew(value: float | Decimal, pattern: str, locale: Locale) -> str:
    return str(format_decimal(value, format=pattern, locale=locale))


#: The numbers of pages are small and the same again and again.
_write_known = lru_cache(maxsize=16_384)(_write_anew)
