"""Memberships and roles of both accounts in one team at one time: one period, from first to last day."""

from __future__ import annotations

from collections.abc import Sequence

from deltacrown.core.dates import NEVER
from deltacrown.teams.models import TeamMembership, TeamRole
from deltacrown.teams.services import PERIODS, Lasting
from deltacrown.user_profile.people.merging.planned import Clash, JoinedPeriod, Period, Plan

#: Table → in what two periods are of one thing.
SAME: dict[type[Lasting], tuple[str, ...]] = {TeamMembership: ("team",), TeamRole: ("team", "role")}


def join_periods(plan: Plan) -> list[JoinedPeriod]:
    """Set aside the memberships and roles that another one covers, and return those that become longer."""
    return [period for model in SAME for period in _join(plan, model)]


def _join(plan: Plan, model: type[Lasting]) -> list[JoinedPeriod]:
    of: dict[tuple[object, ...], list[Lasting]] = {}
    begin, _ = PERIODS[model]
    for row in model.objects.lasting().filter(user__in=plan.pair).order_by(begin, "pk"):
        of.setdefault(tuple(row.serializable_value(name) for name in SAME[model]), []).append(row)

    joined = []
    for rows in of.values():
        for group in _list_overlapping(rows):
            if len({row.user_id for row in group}) < 2:
                continue
            stays = min(group, key=lambda row: row.user_id != plan.kept.pk)
            for row in group:
                if row is not stays:
                    plan.set_aside(model, row.pk, Clash(stays.pk, SAME[model]))
            ends = [_read(row)[1] for row in group]
            becomes = _read(group[0])[0], None if None in ends else max(filter(None, ends))
            if becomes != _read(stays):
                joined.append(JoinedPeriod(model, stays.pk, becomes, was=_read(stays)))
    return joined


def _read(row: Lasting) -> Period:
    begin, end = (getattr(row, name) for name in PERIODS[type(row)])
    return begin, end


def _list_overlapping(rows: Sequence[Lasting]) -> list[list[Lasting]]:
    """Return groups of periods of one thing, in which each overlaps another."""
    groups: list[list[Lasting]] = []
    last = None
    for row in rows:
        begin, end = _read(row)
        if last is not None and begin < last:
            groups[-1].append(row)
        else:
            groups.append([row])
        last = max(last or begin, end or NEVER)
    return groups
