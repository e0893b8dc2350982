"""What a stat is made of, in the words of the person declaring it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, reduce
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


def share_rules(contributions: Sequence[Contribution]) -> list[Rule]:
    """Return the rules that all of ``contributions`` have, in their order."""
    first, *others = contributions
    return [rule for rule in first.rules if all(rule in other.rules for other in others)]


@dataclass(frozen=True, eq=False)
class Contribution:
    """What each row of one source model adds to a number.

    :param source: the source model, as ``"app_label.Model"``.
    :param rules: what a row must meet, all of them, to count.
    :param value: 1 to count rows, or the name of a whole-number column to sum.
    :param keys: where the source's foreign keys are named otherwise than the holder's:
        ``{"customer": "buyer"}``.
    :param happened_at: the datetime column of the source that says when what a row tells of happened.
    """

    source: str
    rules: tuple[Rule, ...] = ()
    value: int | str = 1
    keys: Keys = field(default_factory=dict)
    happened_at: str = ""

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


@cache
def drop_rules(contribution: Contribution, rules: tuple[Rule, ...]) -> Contribution:
    """Return ``contribution`` without ``rules``, for rows that are known to meet them."""
    return replace(contribution, rules=tuple(rule for rule in contribution.rules if rule not in rules))


def count_of(
    *sources: str, happened_at: str = "", where: Sequence[Rule] = (), keys: Keys | None = None
) -> tuple[Contribution, ...]:
    """Declare the number of rows of ``sources`` that meet every rule.

    :param sources: one model, or a live table and its archive.
    :param happened_at: the column of each that says when a row's fact happened: ``"paid_at"``. A check
        refuses a declaration without. Where a fact has no time but that of its recording: ``"recorded_at"``.
    """
    return tuple(Contribution(source, tuple(where), 1, keys or {}, happened_at) for source in sources)


def sum_of(
    value: str, *sources: str, happened_at: str = "", where: Sequence[Rule] = (), keys: Keys | None = None
) -> tuple[Contribution, ...]:
    """Declare the sum of the column ``value`` over the rows of ``sources`` that meet every rule.

    :param happened_at: as in ``count_of``.
    """
    return tuple(Contribution(source, tuple(where), value, keys or {}, happened_at) for source in sources)
