"""The rows of a leaderboard that are listed just before one of them, or just behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet, Subquery


def list_nearest(
    rows: QuerySet[Any], order: Sequence[str], row: Any, number: int, *, is_behind: bool = False
) -> list[Any]:
    """Return the rows that are listed just before ``row``, or behind it, the nearest first. One query.

    Those with the same value and those with another are found apart: each is the beginning of one range of
    the index, however many share the value.

    :param order: the ranked column, ``-`` for the highest first, and the column that makes the order total.
    """
    if not number:
        return []

    column, tie_break = order[0].lstrip("-"), order[1]
    value, tie = getattr(row, column), getattr(row, tie_break)
    is_higher = order[0].startswith("-") != is_behind
    tied = Q(**{column: value, f"{tie_break}__{'gt' if is_behind else 'lt'}": tie})
    past = Q(**{f"{column}__{'gt' if is_higher else 'lt'}": value})
    away = list(order) if is_behind else [_turn(name) for name in order]
    same, others = (
        rows.select_related(None).filter(which).order_by(*away).values("pk")[:number]
        for which in (tied, past)
    )
    found = rows.model.objects.filter(pk__in=_Either(same, others))
    found.query.select_related = rows.query.select_related
    return list(found.order_by(*away)[:number])


class _Either(Subquery):
    """The rows of one queryset and of another, each with an order and a limit of its own."""

    def __init__(self, one: QuerySet[Any], other: QuerySet[Any]) -> None:
        super().__init__(one)
        self.other = other.query.clone()
        self.other.subquery = True

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, tuple[Any, ...]]:  # type: ignore[override]
        """Return the SQL: ORDER BY and LIMIT in parts of a UNION take a SELECT of their own on SQLite."""
        parts = [query.as_sql(compiler, connection) for query in (self.query, self.other)]
        (one, ones), (other, others) = parts
        return f"(SELECT * FROM {one} a UNION ALL SELECT * FROM {other} b)", (*ones, *others)


def _turn(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"
