"""Write numbers for people as their language does: ``12,480``, ``56.25``, ``1st``."""

from __future__ import annotations

from decimal import Decimal

from babel.numbers import format_decimal
from django.utils.translation import gettext, pgettext

from deltacrown.core.words import get_locale

#: The last two digits of numbers that end with 1, 2 or 3 and are not called first, second or third.
TEENS = {11, 12, 13}


def write_whole(value: int) -> str:
    """Return a whole number with thousands separated: ``12,480``."""
    return str(format_decimal(value, format="#,##0", locale=get_locale()))


def write_decimal(value: float | Decimal) -> str:
    """Return a number to two decimals: ``1,056.25``."""
    return str(format_decimal(value, format="#,##0.00", locale=get_locale()))


def write_exactly(value: int | Decimal, *, groups: bool = True) -> str:
    """Return a number with the decimals that it has: ``1,056``, ``56.25``, ``3.0``.

    :param groups: whether thousands are separated.
    """
    exponent = value.as_tuple().exponent if isinstance(value, Decimal) else 0
    decimals = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    pattern = ("#,##0" if groups else "0") + ("." + "0" * decimals if decimals else "")
    return str(format_decimal(value, format=pattern, locale=get_locale()))


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
