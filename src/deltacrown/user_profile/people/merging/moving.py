"""Carry out a plan: set rows aside, move the others, with their history, as if there had been one account."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import models

from deltacrown.accounts.belongings import Belonging
from deltacrown.games.models import MATCH_TABLES
from deltacrown.teams.models import TeamMembership, TeamRole
from deltacrown.teams.services import PERIODS, Lasting, read_role_ends, restore_role_ends, set_period
from deltacrown.user_profile.models import GameStats
from deltacrown.user_profile.people.merging.planned import JoinedPeriod, Model, Plan
from django_tally.feeds import get_stats
from django_tally.owners import HandedHistory, give_back_history, hand_over_history, move_rows
from django_tally.sources import list_sources
from django_tally.transactions import atomic_service
from django_tally.whole_rows import TakenRow, lock_rows, put_rows, recount_owners, take_rows


@dataclass
class Moves:
    """What was done to rows, as it is kept to undo it.

    :param aside: table, row, history and the row that stayed.
    :param moved: table and column → keys.
    :param emptied: table, column, key, and whom it named.
    :param repointed: table, column, key, the row it named and the one it names.
    :param game_stats: rows of numbers per game that the merge made.
    """

    aside: list[dict[str, Any]] = field(default_factory=list)
    moved: dict[str, list[int]] = field(default_factory=dict)
    emptied: list[tuple[str, str, int, int]] = field(default_factory=list)
    repointed: list[tuple[str, str, int, int, int]] = field(default_factory=list)
    history: dict[str, Any] = field(default_factory=dict)
    periods: list[dict[str, Any]] = field(default_factory=list)
    game_stats: list[int] = field(default_factory=list)


@atomic_service
def carry_out(plan: Plan) -> Moves:
    """Do to rows what is planned, and return what it takes to undo it."""
    kept, merged = plan.pair
    done = Moves()
    games = set(GameStats.objects.filter(user=kept).values_list("pk", flat=True))
    _lock(plan)
    for model, clashes in _sorted(plan.clashes):
        done.aside += set_aside(model, {key: clash.stays for key, clash in clashes.items()}, plan.pair)
    for each in plan.repointed:
        move_rows(each.model, each.column, [each.key], old=each.old, new=each.new)
        done.repointed.append((each.model._meta.label, each.column, each.key, each.old, each.new))
    for belonging, keys in plan.emptied.items():
        done.emptied += _empty(belonging, keys, plan.pair)
    for belonging, keys in plan.moved.items():
        move_rows(belonging.model, belonging.column, keys, old=merged, new=kept)
        done.moved[belonging.label] = keys
    named = {(each.model, each.column): keys for each, keys in plan.moved.items() if not _owns(each)}
    done.history = hand_over_history(old=merged, new=kept, moved=named).as_json()
    for period in plan.periods:
        begin, end = period.becomes
        set_period(row=period.model._base_manager.get(pk=period.key), begin=begin, end=end)
        done.periods.append(_write_period(period))
    recount_owners(plan.pair)
    after = GameStats.objects.filter(user=kept).values_list("pk", flat=True)
    done.game_stats = sorted(set(after) - games)
    return done


def set_aside(model: Model, keys: Mapping[int, int], pair: Collection[int]) -> list[dict[str, Any]]:
    """Take rows out of their table, and return what is kept of them.

    :param keys: key → the key of the row that stays.
    """
    listed = sorted(keys)
    taken = take_rows(model, listed, owners={*pair, *_list_owners(model, listed)})
    label = model._meta.label
    return [
        {"table": label, "key": key, "stays": keys[key], "row": each.row, "history": each.revisions}
        for key, each in zip(listed, taken, strict=True)
    ]


def put_back(aside: Collection[Mapping[str, Any]]) -> None:
    """Put rows back that were set aside, but those whose key is taken by now."""
    tables: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for each in aside:
        tables[each["table"]].append(each)
    for label, rows in tables.items():
        put_rows(apps.get_model(label), [TakenRow(each["row"], each["history"]) for each in rows])


def list_lines_aside(done: Moves) -> dict[int, int]:
    """Return the lines of matches that were set aside → those that stayed."""
    labels = {table._meta.label for table in MATCH_TABLES}
    return {each["key"]: each["stays"] for each in done.aside if each["table"] in labels}


@atomic_service
def move_back(done: Moves, *, kept: int, merged: int) -> None:
    """Undo what :func:`carry_out` did, to rows as they are now."""
    moved: dict[Model, list[int]] = {}
    for label, keys in done.moved.items():
        table, _, column = label.rpartition(".")
        for model in _list_twins(apps.get_model(table)):
            move_rows(model, column, keys, old=kept, new=merged)
            if column in _list_owner_fields(model):
                moved.setdefault(model, []).extend(keys)
    give_back_history(HandedHistory(**done.history), old=merged, new=kept, moved=moved)
    for table, column, key, named in done.emptied:
        rows = apps.get_model(table)._base_manager.filter(pk=key, **{f"{column}__isnull": True})
        rows.update(**{column: named})
    for table, column, key, old, new in done.repointed:
        move_rows(apps.get_model(table), column, [key], old=new, new=old)
    # Before rows are put back: one is open only once the one that covered it is as it was.
    _restore_periods(done.periods, TeamRole)
    ends = read_role_ends(users=(kept, merged))
    _restore_periods(done.periods, TeamMembership)
    put_back(done.aside)
    restore_role_ends(ends=ends)
    recount_owners((kept, merged))
    _forget_game_stats(done.game_stats)


def _lock(plan: Plan) -> None:
    """Lock all rows concerned, table by table, as every writer who locks rows of many tables does."""
    rows: dict[Model, set[int]] = defaultdict(set)
    for model, clashes in plan.clashes.items():
        rows[model] |= clashes.keys() | {clash.stays for clash in clashes.values()}
    for belonging, keys in (*plan.moved.items(), *plan.emptied.items()):
        rows[belonging.model] |= set(keys)
    for each in plan.repointed:
        rows[each.model].add(each.key)
    lock_rows(dict(_sorted(rows)))


def _sorted(rows: Mapping[Model, Any]) -> list[tuple[Model, Any]]:
    return sorted(rows.items(), key=lambda item: item[0]._meta.label)


def _empty(belonging: Belonging, keys: list[int], pair: tuple[int, int]) -> list[tuple[str, str, int, int]]:
    column, label = belonging.column, belonging.model._meta.label
    rows = belonging.model._base_manager.filter(pk__in=keys)
    named = list(rows.order_by("pk").values_list("pk", column))
    for user in pair:
        move_rows(belonging.model, column, keys, old=user, new=None)
    return [(label, column, key, user) for key, user in named]


def _owns(belonging: Belonging) -> bool:
    return belonging.column in _list_owner_fields(belonging.model)


def _list_owner_fields(model: Model) -> list[str]:
    """Return the foreign keys that say whose numbers count a row; none of a table that none counts."""
    columns = {
        column for source in list_sources() if source.model is model for column in source.owner_columns
    }
    return [each.name for each in model._meta.concrete_fields if each.column in columns]


def _list_owners(model: Model, keys: Collection[int]) -> set[int]:
    rows: models.QuerySet[Any] = model._base_manager.filter(pk__in=keys)
    return {pk for name in _list_owner_fields(model) for pk in rows.values_list(name, flat=True) if pk}


def _list_twins(model: Model) -> tuple[Model, ...]:
    """Return the tables in which a row may be by now: what was moved may have been archived since."""
    return MATCH_TABLES if model in MATCH_TABLES else (model,)


def _write_period(period: JoinedPeriod) -> dict[str, Any]:
    becomes, was = ([_write_time(time) for time in each] for each in (period.becomes, period.was))
    return {"table": period.model._meta.label, "key": period.key, "becomes": becomes, "was": was}


def _write_time(value: Any) -> str | None:
    return value.isoformat() if value is not None else None


def _read_time(value: str | None) -> Any:
    return datetime.fromisoformat(value) if value is not None else None


def _restore_periods(periods: Collection[Mapping[str, Any]], model: type[Lasting]) -> None:
    """Set memberships or roles back to what they were, but what was changed of them since."""
    for period in (each for each in periods if each["table"] == model._meta.label):
        row = model.objects.filter(pk=period["key"]).first()
        if row is not None:
            names = PERIODS[model]
            now = [getattr(row, name) for name in names]
            told = zip(now, period["becomes"], period["was"], strict=True)
            begin, end = (_read_time(was) if _write_time(at) == became else at for at, became, was in told)
            set_period(row=row, begin=begin, end=end)


def _forget_game_stats(keys: list[int]) -> None:
    """Delete rows of numbers per game that the merge made, if they are all 0 again."""
    zero = {stat.name: 0 for stat in get_stats(GameStats)}
    GameStats.objects.filter(pk__in=keys, **zero).delete()
