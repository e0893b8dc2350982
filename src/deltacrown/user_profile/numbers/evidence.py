"""What the rows behind a number come to, counted from the rows themselves and never read from the cache."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext, ngettext

from deltacrown.core.numerals import write_exactly
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.numbers.catalogue import PlayerNumber, get_stat_field
from deltacrown.user_profile.stat_fields import DerivedStat, Stat, list_numbers
from deltacrown.user_profile.stats import WON
from django_tally.recounting import recount, recount_all


@dataclass(frozen=True)
class Evidence:
    """The rows of one number, over all pages.

    :param rows: how many there are.
    :param parts: name → value of each counted number it is made of, by their names on the profile.
    :param value: the number the rows come to.
    :param sentence: the sum as a reader would do it.
    :param first_at: when the first of what they tell of happened; ``None`` where there is none, or
        where nobody asked.
    """

    rows: int
    parts: dict[str, int]
    value: int | Decimal | None
    sentence: str
    first_at: datetime | None

    @property
    def total(self) -> int:
        """Return what the values of the rows add up to, where the number sums or averages them; else 0."""
        return sum(value for name, value in self.parts.items() if _is_sum(get_stat_field(UserProfile, name)))

    @property
    def won(self) -> int:
        """Return how many of the rows are wins, where the number is computed from wins; else 0."""
        won = (value for name, value in self.parts.items() if _is_of_wins(get_stat_field(UserProfile, name)))
        return next(won, 0) if len(self.parts) > 1 else 0


def weigh_rows(
    number: PlayerNumber, querysets: Sequence[QuerySet[Any]] | None = None, *, with_first: bool = False
) -> Evidence:
    """Count the rows in ``querysets`` and compute ``number`` from them, by its declaration.

    :param querysets: all rows that it depends on when left out.
    :param with_first: also find when the first of them happened.
    """
    holder, column, keys = number.holder, number.column, number.keys
    if querysets is None:
        found = recount_all(holder, column, with_first=with_first, **keys)
    else:
        found = recount(holder, column, querysets, with_first=with_first, **keys)
    public = {field.name: field.twin_of or field.name for field in list_numbers(number.holder)}
    parts = {public[name]: value for name, value in found.parts.items()}

    declared = get_stat_field(UserProfile, number.name)
    sentence = write_sentence(declared, found.rows, parts, found.value)
    return Evidence(found.rows, parts, found.value, sentence, found.first_at)


def write_sentence(
    declared: Stat | DerivedStat,
    rows: int,
    parts: Mapping[str, int],
    value: int | Decimal | None,
) -> str:
    """Return the sentence that explains a number, as declared.

    :param parts: name → value of each counted number it is made of.
    """
    if value is None:
        return gettext(declared.empty_sentence)

    # A zero is written 0, also where the number has decimals.
    shown = value or 0
    if not declared.sentence:
        return _write_default_sentence(declared, rows, parts, shown)
    return gettext(declared.sentence).format(
        **{name: _Figure(part) for name, part in parts.items()},
        rows=_Figure(rows),
        rows_word=ngettext("row", "rows", rows),
        value=_Figure(shown),
    )


class _Figure:
    """A number in a declared sentence, ``{rows:,}`` or ``{value}``, as the reader's language writes it."""

    def __init__(self, value: int | Decimal) -> None:
        self.value = value

    def __format__(self, spec: str) -> str:
        return write_exactly(self.value)


def _write_default_sentence(
    declared: Stat | DerivedStat, rows: int, parts: Mapping[str, int], value: int | Decimal
) -> str:
    if isinstance(declared, DerivedStat):
        named = (
            f"{get_stat_field(declared.model, name).label} {write_exactly(parts[name])}" for name in parts
        )
        shown = f"{write_exactly(value)} {declared.unit}".rstrip()
        return gettext("%(parts)s; the number is %(value)s.") % {"parts": ", ".join(named), "value": shown}

    sentence = (
        ngettext("%(rows)s row add up to %(value)s.", "%(rows)s rows add up to %(value)s.", rows)
        if _is_sum(declared)
        else ngettext(
            "%(rows)s row; the number is %(value)s.", "%(rows)s rows; the number is %(value)s.", rows
        )
    )
    return sentence % {"rows": write_exactly(rows), "value": write_exactly(value)}


def _is_of_wins(field: Stat | DerivedStat) -> bool:
    return isinstance(field, Stat) and any(WON in each.rules for each in field.contributions)


def _is_sum(field: Stat | DerivedStat) -> bool:
    return isinstance(field, Stat) and any(isinstance(each.value, str) for each in field.contributions)
