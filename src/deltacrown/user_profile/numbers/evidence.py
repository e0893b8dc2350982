"""What the rows behind a number come to, counted from the rows themselves and never read from the cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from math import isqrt
from typing import Any

from django.db.models import QuerySet, Sum

from deltacrown.user_profile.numbers.catalogue import StatLine

#: Numbers that are more than a count of their rows, and the column they add up.
SUMMED = {"experience_points": "points", "level": "points", "average_placement": "placement"}
RATES = {"overall_win_rate"}


@dataclass(frozen=True)
class Evidence:
    """The rows of one number, over all pages.

    :param rows: how many there are.
    :param total: what their values add up to, where the number sums or averages; else 0.
    :param won: how many are wins, where the number is a rate; else 0.
    :param value: the number the rows come to.
    :param sentence: the sum as a reader would do it.
    """

    rows: int
    total: int
    won: int
    value: int | Decimal | None
    sentence: str


def weigh_rows(line: StatLine, querysets: Sequence[QuerySet[Any]]) -> Evidence:
    """Count the rows in ``querysets`` and do the sum of the number ``line`` over them."""
    rows = sum(queryset.count() for queryset in querysets)
    column = SUMMED.get(line.name)
    total = sum(queryset.aggregate(total=Sum(column))["total"] or 0 for queryset in querysets) if column else 0
    won = sum(queryset.filter(result="WIN").count() for queryset in querysets) if line.name in RATES else 0
    value, sentence = _conclude(line.name, rows, total, won)
    return Evidence(rows, total, won, value, sentence)


def _conclude(name: str, rows: int, total: int, won: int) -> tuple[int | Decimal | None, str]:
    if name in RATES:
        rate = _divide(won * 100, rows) or Decimal(0)
        return rate, f"{won:,} won of {rows:,} played: {rate} %."
    if name == "average_placement":
        mean = _divide(total, rows)
        return mean, "No placements to average." if mean is None else f"{rows:,} placements add up to {total:,}: {mean} on average."
    if name == "level":
        level = isqrt((total + 50) // 50)
        return level, f"{rows:,} awards add up to {total:,} points: level {level:,}."
    if name == "experience_points":
        return total, f"{rows:,} awards add up to {total:,} points."
    return rows, f"{rows:,} {'row' if rows == 1 else 'rows'}; the number is {rows:,}."


def _divide(dividend: int, divisor: int) -> Decimal | None:
    """To two decimals, half rounded up, as the database rounds."""
    return (Decimal(dividend) / divisor).quantize(Decimal("0.01"), ROUND_HALF_UP) if divisor else None
