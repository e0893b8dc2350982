"""Everything about one number of one holder row, for a person who asks why it is what it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q

from django_tally.explanation import explain_row
from django_tally.feeds import Model, get_stat_keys
from django_tally.fields import Stat
from django_tally.history import Change, list_changes
from django_tally.numbers import list_components
from django_tally.rows import get_counted_stat, rows_of
from django_tally.stat_sql import StatOf
from django_tally.verification import find_drift

Keys = Mapping[str, int]


@dataclass(frozen=True)
class Component:
    """A counted stat that a number is made of: the number itself, or what a derived one is computed from.

    :param cached: what the holder says; ``None`` where it has no row for these keys.
    :param counted: what the sources say.
    """

    stat: str
    cached: int | None
    counted: int

    @property
    def has_drifted(self) -> bool:
        return (self.cached or 0) != self.counted


@dataclass(frozen=True)
class Omission:
    """A row of the owner that does not count, and why."""

    source: str
    row: int
    reason: str


@dataclass(frozen=True)
class NumberReport:
    """A number, what it is made of, how many rows of each source it counts, those left out, and its changes.

    :param rows: source model → how many of its rows count.
    :param omitted: of each source the newest rows first.
    :param changes: newest first.
    """

    holder: str
    keys: Keys
    stat: str
    value: int | Decimal | None
    components: list[Component]
    rows: dict[str, int]
    omitted: list[Omission]
    changes: list[Change]

    @property
    def has_drifted(self) -> bool:
        return any(component.has_drifted for component in self.components)


def report_number(holder: Model, name: str, keys: Keys, *, limit: int) -> NumberReport:
    """Return everything about the number ``name`` of the row of ``holder`` with these keys.

    :param keys: a value for each of the holder's keys.
    :param limit: how many omissions and how many changes at most.
    :raises UnknownStat: when ``holder`` declares no such number.
    """
    components = list_components(holder, name)
    counted = get_counted_stat(holder, name)
    rows = rows_of(holder, counted.name, **keys)
    value = holder._base_manager.filter(**keys).values_list(name, flat=True).first()

    return NumberReport(
        holder=holder._meta.label,
        keys=keys,
        stat=name,
        value=value,
        components=_measure(holder, components, keys),
        rows={found.model._meta.label: found.count() for found in rows},
        omitted=_list_omitted(counted, keys, limit),
        changes=list_changes(*(StatOf(holder, stat, keys) for stat in components), limit=limit),
    )


def _measure(holder: Model, components: list[Stat], keys: Keys) -> list[Component]:
    first, wanted = keys[get_stat_keys(holder)[0]], tuple(keys.values())
    drifts = {drift.stat: drift for drift in find_drift(holder, first_keys=[first]) if drift.keys == wanted}
    names = [stat.name for stat in components]
    cached = holder._base_manager.filter(**keys).values(*names).first()

    measured = []
    for name in names:
        value = cached[name] if cached else None
        drift = drifts.get(name)
        measured.append(Component(name, value, drift.actual if drift else value or 0))
    return measured


def _list_omitted(stat: Stat, keys: Keys, limit: int) -> list[Omission]:
    omitted: list[Omission] = []
    for source, mine in _list_owned(stat, keys):
        counted = Q()
        for contribution in stat.contributions:
            if contribution.model is source:
                counted |= contribution.where if contribution.rules else Q(pk__isnull=False)

        # Not `exclude`: it would keep out rows on which the condition is unknown, which do not count either.
        counting = source._base_manager.filter(mine & counted)
        left_out = source._base_manager.filter(mine).exclude(pk__in=counting.values("pk"))
        newest = left_out.order_by("-pk")[:limit]
        omitted += [Omission(source._meta.label, row.pk, explain_row(stat, row).reason) for row in newest]
    return omitted[:limit]


def _list_owned(stat: Stat, keys: Keys) -> Iterator[tuple[Model, Q]]:
    """Return each source model with the condition that a row of it is the owner's."""
    owned: dict[Model, Q] = {}
    for contribution in stat.contributions:
        mine = Q(**{contribution.key_for(key): value for key, value in keys.items()})
        owned[contribution.model] = owned.get(contribution.model, Q()) | mine
    yield from owned.items()
