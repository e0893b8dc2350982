"""What the rows behind a number come to, counted from the rows themselves and never read from the cache."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.numbers.catalogue import PlayerNumber, get_stat_field
from deltacrown.user_profile.stat_fields import DerivedStat, Stat, list_numbers
from deltacrown.user_profile.stats import WON
from django_tally.recounting import recount


@dataclass(frozen=True)
class Evidence:
    """The rows of one number, over all pages.

    :param rows: how many there are.
    :param parts: name → value of each counted number it is made of, by their names on the profile.
    :param value: the number the rows come to.
    :param sentence: the sum as a reader would do it.
    """

    rows: int
    parts: dict[str, int]
    value: int | Decimal | None
    sentence: str

    @property
    def total(self) -> int:
        """Return what the values of the rows add up to, where the number sums or averages them; else 0."""
        return sum(value for name, value in self.parts.items() if _is_sum(get_stat_field(UserProfile, name)))

    @property
    def won(self) -> int:
        """Return how many of the rows are wins, where the number is computed from wins; else 0."""
        won = (value for name, value in self.parts.items() if _is_of_wins(get_stat_field(UserProfile, name)))
        return next(won, 0) if len(self.parts) > 1 else 0


def weigh_rows(number: PlayerNumber, querysets: Sequence[QuerySet[Any]]) -> Evidence:
    """Count the rows in ``querysets`` and compute ``number`` from them, by its declaration."""
    found = recount(number.holder, number.column, querysets, **number.keys)
    public = {field.name: field.twin_of or field.name for field in list_numbers(number.holder)}
    parts = {public[name]: value for name, value in found.parts.items()}

    declared = get_stat_field(UserProfile, number.name)
    return Evidence(found.rows, parts, found.value, write_sentence(declared, found.rows, parts, found.value))


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
        return declared.empty_sentence

    template = declared.sentence or _get_default_sentence(declared, parts)
    # A zero is written 0, also where the number has decimals.
    return template.format(**parts, rows=rows, rows_word="row" if rows == 1 else "rows", value=value or 0)


def _get_default_sentence(declared: Stat | DerivedStat, parts: Mapping[str, int]) -> str:
    if isinstance(declared, DerivedStat):
        labels = {name: get_stat_field(declared.model, name).label for name in parts}
        named = ", ".join(f"{label} {{{name}:,}}" for name, label in labels.items())
        return f"{named}; the number is {{value:,}}{declared.unit and f' {declared.unit}'}."

    if _is_sum(declared):
        return "{rows:,} {rows_word} add up to {value:,}."

    return "{rows:,} {rows_word}; the number is {value:,}."


def _is_of_wins(field: Stat | DerivedStat) -> bool:
    return isinstance(field, Stat) and any(WON in each.rules for each in field.contributions)


def _is_sum(field: Stat | DerivedStat) -> bool:
    return isinstance(field, Stat) and any(isinstance(each.value, str) for each in field.contributions)
