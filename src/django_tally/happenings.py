"""The rows behind a number, source by source, each dated by when its fact happened, with what it adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add, or_
from typing import Any

from django.db.models import Q, QuerySet, Value

from django_tally.declarations import Contribution
from django_tally.feeds import Model
from django_tally.fields import Stat
from django_tally.numbers import list_components
from django_tally.recounting import add_when, find_any, list_counting


@dataclass(frozen=True)
class Happenings:
    """The rows of one source that a number depends on, which happened by one column of it.

    :param rows: each with what it adds to the parts of the number, in the order of ``list_components``, as
        ``adds_0``, ``adds_1`` …
    """

    model: Model
    happened_at: str
    rows: QuerySet[Any]


def list_happenings(holder: Model, name: str, **keys: Any) -> list[Happenings]:
    """Return the rows that move the number ``name`` or a part of it, source by source as it is declared.

    :param keys: a value for each of the holder's keys.
    """
    parts = list_components(holder, name)
    grouped: dict[tuple[Model, str], list[Contribution]] = {}
    for part in parts:
        for contribution in part.contributions:
            grouped.setdefault((contribution.model, contribution.happened_at), []).append(contribution)

    return [
        Happenings(model, happened_at, _read_rows(model, happened_at, found, parts, keys))
        for (model, happened_at), found in grouped.items()
    ]


def _read_rows(
    model: Model,
    happened_at: str,
    contributions: Sequence[Contribution],
    parts: Sequence[Stat],
    keys: Mapping[str, Any],
) -> QuerySet[Any]:
    rows = model._base_manager.filter(find_any(contributions, keys))
    summed = dict.fromkeys(each.value for each in contributions)
    if all(isinstance(value, str) for value in summed):
        # A row that has nothing to add moves no number.
        rows = rows.filter(reduce(or_, (Q(**{f"{v}__lt": 0}) | Q(**{f"{v}__gt": 0}) for v in summed)))

    added = {}
    for place, part in enumerate(parts):
        counting = [each for each in list_counting(part, model, keys) if each[0].happened_at == happened_at]
        terms = [add_when(*each) for each in counting] or [Value(0)]
        added[f"adds_{place}"] = reduce(add, terms)
    annotated: QuerySet[Any] = rows.annotate(**added)
    return annotated
