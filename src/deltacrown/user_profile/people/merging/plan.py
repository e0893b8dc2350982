"""What a merge would do, found without writing anything: which rows move, which collide, what follows.

Collisions are found from the unique constraints of each table whose rows move, so that a new table or a new
constraint is seen by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import models
from django.db.models import OuterRef, Q, Subquery

from deltacrown.accounts.belongings import Belonging, OnMerge, list_belongings
from deltacrown.accounts.models import User
from deltacrown.games.models import MATCH_TABLES, Match
from deltacrown.tournaments.models import TournamentSeriesResult
from deltacrown.user_profile.models import ExperienceAward, UserAchievement
from deltacrown.user_profile.people.merging.blocks import set_blocked_follows_aside
from deltacrown.user_profile.people.merging.entries import list_lost_entries
from deltacrown.user_profile.people.merging.memberships import join_periods
from deltacrown.user_profile.people.merging.planned import Clash, Plan, Repointed
from deltacrown.user_profile.people.merging.preferences import PREFERS

Model = type[models.Model]
#: Tables whose rows follow from others, and are counted: they move, and are synced then.
FOLLOWING: tuple[Model, ...] = (UserAchievement, ExperienceAward)


def make_plan(*, kept: User, merged: User) -> Plan:
    """Return what a merge would do."""
    plan = Plan(kept, merged)
    moving = list_moving()
    for model, keys in list_lost_entries(kept=kept.pk, merged=merged.pk).items():
        for key, stays in keys.items():
            plan.set_aside(model, key, Clash(stays, ("tournament",)))
    plan.periods = join_periods(plan)
    set_blocked_follows_aside(plan)
    for model in _in_order({each.model for each in moving}):
        mine = [each for each in moving if each.model is model]
        _find_selves(plan, model, mine)
        for belonging in mine:
            _find_clashes(plan, belonging)
        _repoint(plan, model, moving)
    for belonging in moving:
        _list_moved(plan, belonging)
    aside = TournamentSeriesResult.objects.filter(pk__in=plan.clashes.get(TournamentSeriesResult, {}))
    plan.series_times = {(row.tournament_id, row.series): row.recorded_at for row in aside}
    return plan


def list_moving() -> list[Belonging]:
    """Return what becomes the other account's."""
    return [each for each in list_belongings() if each.on_merge is OnMerge.MOVE or each.model in FOLLOWING]


def _in_order(found: set[Model]) -> Iterator[Model]:
    """Yield tables after those they name."""
    left = sorted(found, key=lambda model: model._meta.label)
    while left:
        free = [model for model in left if not any(_names(model, other) for other in left)]
        yield from free or left
        left = [model for model in left if free and model not in free]


def _names(model: Model, other: Model) -> bool:
    targets = {field.related_model for field in model._meta.concrete_fields if field.is_relation}
    return model is not other and other in targets


def list_uniques(model: Model) -> Iterator[tuple[tuple[str, ...], Q]]:
    """Yield the fields of each unique constraint, and the condition under which it holds."""
    for each in model._meta.concrete_fields:
        if each.unique and not each.primary_key:
            yield (each.name,), Q()
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and constraint.fields:
            yield tuple(constraint.fields), constraint.condition or Q()


def _find_clashes(plan: Plan, belonging: Belonging) -> None:
    """Find the rows of the merged account of which the kept one has the same."""
    kept, merged = plan.pair
    for fields, condition in list_uniques(belonging.model):
        if belonging.column not in fields:
            continue
        rest = tuple(name for name in fields if name != belonging.column)
        mine = belonging.model._base_manager.filter(condition, **{belonging.column: merged})
        for table in _list_twins(belonging.model):
            same = {name: OuterRef(name) for name in rest}
            theirs = table._base_manager.filter(condition, **{belonging.column: kept}, **same)
            pairs = mine.annotate(twin=Subquery(theirs.values("pk")[:1])).filter(twin__isnull=False)
            found = [pair for pair in pairs.values_list("twin", "pk") if _stand(plan, belonging, table, pair)]
            ours = {pair[1] for pair in found}
            for stays, goes in _prefer(belonging.model, found):
                plan.set_aside(belonging.model if goes in ours else table, goes, Clash(stays, rest))


def _stand(plan: Plan, belonging: Belonging, table: Model, pair: tuple[int, int]) -> bool:
    return not plan.is_aside(table, pair[0]) and not plan.is_aside(belonging.model, pair[1])


def _prefer(model: Model, pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return pairs of the row that stays and the one that goes: by default the kept account's stays."""
    prefers = PREFERS.get(model)
    if prefers is None or not pairs:
        return pairs
    rows = model._base_manager.in_bulk([key for pair in pairs for key in pair])
    return [pair[::-1] if prefers(rows[pair[1]], rows[pair[0]]) else pair for pair in pairs]


def _list_twins(model: Model) -> tuple[Model, ...]:
    return MATCH_TABLES if model in MATCH_TABLES else (model,)


def _find_selves(plan: Plan, model: Model, mine: list[Belonging]) -> None:
    """Find rows in which the two accounts stand where nobody may stand twice: a follow of oneself."""
    columns = [each.column for each in mine]
    for constraint in model._meta.constraints:
        if not isinstance(constraint, models.CheckConstraint):
            continue
        named = {name.split("__")[0] for name in _list_names(constraint.condition)}
        if len(named) < 2 or not named <= set(columns):
            continue
        both = Q(*(Q(**{f"{name}__in": plan.pair}) for name in sorted(named)))
        for key in model._base_manager.filter(both).values_list("pk", flat=True):
            plan.set_aside(model, key, Clash(0, tuple(sorted(named))))


def _list_names(condition: Any) -> Iterator[str]:
    for child in condition.children:
        if isinstance(child, Q):
            yield from _list_names(child)
        else:
            name, value = child
            yield name
            if isinstance(value, models.F):
                yield str(getattr(value, "name"))  # noqa: B009 - the stubs do not know it


def _repoint(plan: Plan, model: Model, moving: list[Belonging]) -> None:
    """Find the rows that name rows set aside: they name those that stay, unless these have such a row."""
    goes = plan.clashes.get(model, {})
    target = Match if model in MATCH_TABLES else model
    if not goes:
        return
    for relation in target._meta.related_objects:
        other, column = relation.related_model, relation.field.name
        named = list(other._base_manager.filter(**{f"{column}__in": list(goes)}).order_by("pk"))
        only = _find_only(other, column, {clash.stays for clash in goes.values()}) if named else {}
        for row in named:
            old = row.serializable_value(column)
            new = goes[old].stays
            if plan.is_aside(other, row.pk):
                continue
            twin = (only.get(new) or _find_same(plan, row, column, new, moving)) if new else 0
            if twin or not new:
                plan.set_aside(other, row.pk, Clash(twin, (column,)))
            else:
                plan.repointed.append(Repointed(other, column, row.pk, old, new))


def _find_only(model: Model, column: str, values: set[int]) -> dict[int, int]:
    """Return value → the row that has it, where the column alone is unique; in one query."""
    if not model._meta.get_field(column).unique:  # type: ignore[union-attr]
        return {}
    rows = model._base_manager.filter(**{f"{column}__in": values})
    return dict(rows.values_list(column, "pk"))


def _find_same(plan: Plan, row: models.Model, column: str, new: int, moving: list[Belonging]) -> int:
    """Return the row that is the same as ``row`` when it names ``new``; 0 where there is none."""
    model = type(row)
    players = {each.column for each in moving if each.model is model}
    for fields, condition in list_uniques(model):
        if column not in fields or len(fields) == 1:
            continue
        same: dict[str, Any] = {column: new}
        for name in fields:
            if name != column:
                value = row.serializable_value(name)
                is_ours = name in players and value in plan.pair
                same |= {f"{name}__in": plan.pair} if is_ours else {name: value}
        if not model._base_manager.filter(condition, pk=row.pk).exists():
            continue
        twin = model._base_manager.filter(condition, **same).exclude(pk=row.pk).first()
        if twin is not None and not plan.is_aside(model, twin.pk):
            return int(twin.pk)
    return 0


def _list_moved(plan: Plan, belonging: Belonging) -> None:
    """List the rows that become the kept account's, but those that are set aside."""
    column, rows = belonging.column, belonging.model._base_manager.all()
    aside = plan.clashes.get(belonging.model, {})
    found = rows.filter(**{column: plan.merged.pk}).order_by("pk")
    selves: set[int] = set()
    if belonging.apart_from:
        ours = Q(**{f"{belonging.apart_from}__in": plan.pair, f"{column}__in": plan.pair})
        selves = set(rows.filter(ours).values_list("pk", flat=True)) - aside.keys()
    moved = [key for key in found.values_list("pk", flat=True) if key not in aside and key not in selves]
    if moved:
        plan.moved[belonging] = moved
    if selves:
        plan.emptied[belonging] = sorted(selves)
