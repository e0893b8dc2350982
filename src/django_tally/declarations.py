"""What a stat is made of, in the words of the person declaring it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import and_

from django.apps import apps
from django.db import models
from django.db.models import Q

#: The holder's key field → the source's foreign key that points to the same row.
Keys = Mapping[str, str]


@dataclass(frozen=True)
class Rule:
    """One condition a row must meet to count, and what to say of a row that does not.

    :param condition: over columns of the source itself only, no joins.
    :param otherwise: completes "does not count: …"; fields of the row may stand in it in braces.
    """

    condition: Q
    otherwise: str


def all_of(rules: Sequence[Rule]) -> Q:
    """Return the rows that meet every one of ``rules``."""
    return reduce(and_, (rule.condition for rule in rules), Q())


@dataclass(frozen=True, eq=False)
class Contribution:
    """What each row of one source model adds to a number.

    :param source: the source model, as ``"app_label.Model"``.
    :param rules: what a row must meet, all of them, to count.
    :param value: 1 to count rows, or the name of a whole-number column to sum.
    :param keys: where the source's foreign keys are named otherwise than the holder's:
        ``{"customer": "buyer"}``.
    """

    source: str
    rules: tuple[Rule, ...] = ()
    value: int | str = 1
    keys: Keys = field(default_factory=dict)

    @property
    def model(self) -> type[models.Model]:
        return apps.get_model(self.source)

    @property
    def where(self) -> Q:
        """Return the rows that count."""
        return all_of(self.rules)

    def key_for(self, holder_key: str) -> str:
        """Return the name of the source's foreign key that stands for ``holder_key``."""
        return self.keys.get(holder_key, holder_key)


def count_of(*sources: str, where: Sequence[Rule] = (), keys: Keys | None = None) -> tuple[Contribution, ...]:
    """Declare the number of rows of ``sources`` that meet every rule.

    :param sources: one model, or a live table and its archive.
    """
    return tuple(Contribution(source, tuple(where), 1, keys or {}) for source in sources)


def sum_of(
    value: str, *sources: str, where: Sequence[Rule] = (), keys: Keys | None = None
) -> tuple[Contribution, ...]:
    """Declare the sum of the column ``value`` over the rows of ``sources`` that meet every rule."""
    return tuple(Contribution(source, tuple(where), value, keys or {}) for source in sources)
