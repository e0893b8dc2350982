"""What follows from facts, after two accounts became one: series, achievements, experience, timelines.

It is synced with the facts, and told as if it had always followed from them: an achievement that only both
together earned counts from the day on which the fact that earned it was recorded.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Max, Min, Q

from deltacrown.games.models import Match
from deltacrown.tournaments.models import (
    TournamentMatchResult,
    TournamentParticipation,
    TournamentResult,
    TournamentSeriesResult,
)
from deltacrown.tournaments.services import sync_series
from deltacrown.user_profile.achievements.awards import lock_players
from deltacrown.user_profile.achievements.catalogue import BY_SLUG
from deltacrown.user_profile.achievements.evaluation import (
    Earned,
    list_earned_in_matches,
    list_earned_in_tournaments,
)
from deltacrown.user_profile.achievements.experience import HELD_PREFIX, experience_key, rebuild_experience
from deltacrown.user_profile.achievements.measure import MatchMeasure
from deltacrown.user_profile.achievements.measures.tournaments_entered import TournamentsEntered
from deltacrown.user_profile.achievements.syncing import sync_match_achievements, sync_tournament_achievements
from deltacrown.user_profile.models import ExperienceAward, UserAchievement
from deltacrown.user_profile.people.merging.lost import date_back_to_lost, forget_doubles
from deltacrown.user_profile.people.merging.moving import set_aside
from deltacrown.user_profile.people.merging.planned import Plan
from deltacrown.user_profile.people.merging.replaying import find_first_earned
from django_tally.models import Revision
from django_tally.whole_rows import RowText, backdate_rows, insert_rows, recount_owners, take_rows

SeriesKey = tuple[int, str]


@dataclass
class Followed:
    """What was written anew because it follows from facts of both.

    :param aside: rows that followed from the facts of one of them.
    :param made: table → the rows in their place.
    :param series: those in which both played.
    :param lost: revisions of what the one had lost while the other had it.
    """

    aside: list[dict[str, Any]] = field(default_factory=list)
    made: dict[str, list[int]] = field(default_factory=dict)
    series: list[SeriesKey] = field(default_factory=list)
    lost: list[RowText] = field(default_factory=list)


def list_shared_series(plan: Plan) -> list[SeriesKey]:
    """Return the series in which both have games or a row, or whose games change with the plan."""
    keys = set(plan.clashes.get(TournamentMatchResult, {}))
    keys |= {each.key for each in plan.repointed if each.model is TournamentMatchResult}
    games = TournamentMatchResult.objects.filter(pk__in=keys).exclude(series="")
    rows = TournamentSeriesResult.objects.filter(pk__in=plan.clashes.get(TournamentSeriesResult, {}))
    found = {*games.values_list("tournament", "series"), *rows.values_list("tournament", "series")}
    return sorted(found)


def read_first_held(plan: Plan) -> dict[str, datetime]:
    """Return slug → since when the one or the other is known to have an achievement."""
    rows = UserAchievement.objects.filter(user__in=plan.pair, achievement__slug__in=BY_SLUG)
    first = rows.values("achievement__slug").annotate(first=Min("recorded_at"))
    return date_back_to_lost(dict(first.values_list("achievement__slug", "first")), plan.pair)


def follow_facts(plan: Plan, series: Collection[SeriesKey], held: Mapping[str, datetime]) -> Followed:
    """Sync what follows from the rows of the kept account, after they moved.

    :param series: as ``list_shared_series`` returned before.
    :param held: as ``read_first_held`` returned before.
    """
    lock_players(pks=plan.pair)
    done = Followed(series=sorted(series))
    _follow_series(done, plan)
    _follow_achievements(done, plan, held)
    done.lost = forget_doubles(plan.kept.pk)
    recount_owners(plan.pair)
    return done


def drop_made(done: Followed) -> None:
    """Delete what the merge wrote anew, and what has been written since in the place of rows set aside.

    What history told of rows that were lost before is told again, of the kept account until it is given back.
    """
    insert_rows(Revision, done.lost)
    for table in (*_TABLES, TournamentSeriesResult):
        gone = Q(pk__in=done.made.get(table._meta.label, ()))
        for each in done.aside:
            if each["table"] == table._meta.label:
                row = json.loads(each["row"])
                gone |= Q(**{name: row[name] for name in _NAMED_BY[table]})
        rows = dict(table._base_manager.filter(gone).values_list("pk", "user"))
        take_rows(table, sorted(rows), owners=set(rows.values()))


def sync_both(pair: Collection[int], series: Collection[SeriesKey]) -> None:
    """Sync what follows from the facts of both accounts, each by itself."""
    sync_series(keys={(event, name) for event, name in series})
    lock_players(pks=pair)
    sync_match_achievements(users=pair)
    sync_tournament_achievements(users=pair)
    rebuild_experience(users=pair)


_TABLES: tuple[Any, ...] = (UserAchievement, ExperienceAward)
#: What a row is the only one of.
_NAMED_BY: dict[Any, tuple[str, ...]] = {
    UserAchievement: ("user_id", "achievement_id"),
    ExperienceAward: ("user_id", "dedupe_key"),
    TournamentSeriesResult: ("user_id", "tournament_id", "series"),
}


def _follow_series(done: Followed, plan: Plan) -> None:
    if not done.series:
        return
    events, names = zip(*done.series, strict=True)
    rows = TournamentSeriesResult.objects.filter(user=plan.kept, tournament__in=events, series__in=names)
    mine = {row.pk: row for row in rows if (row.tournament_id, row.series) in set(done.series)}
    recorded = _read_series_times(plan, mine)
    done.aside += set_aside(TournamentSeriesResult, dict.fromkeys(mine, 0), plan.pair)
    recount_owners(plan.pair)

    sync_series(keys=set(done.series))
    made = [row for row in rows.all() if (row.tournament_id, row.series) in recorded]
    done.made[TournamentSeriesResult._meta.label] = [row.pk for row in made]
    times = {row.pk: recorded[row.tournament_id, row.series] for row in made}
    backdate_rows(
        TournamentSeriesResult, times, like=dict.fromkeys(times, TournamentSeriesResult._meta.label)
    )


def _read_series_times(plan: Plan, mine: Mapping[int, TournamentSeriesResult]) -> dict[SeriesKey, datetime]:
    """Return since when each series has a row: of the games of both, the first that was recorded."""
    times = {(row.tournament_id, row.series): row.recorded_at for row in mine.values()}
    for key, recorded_at in plan.series_times.items():
        times[key] = min(times.get(key, recorded_at), recorded_at)
    return times


def _follow_achievements(done: Followed, plan: Plan, first: Mapping[str, datetime]) -> None:
    kept = plan.kept.pk
    earned = [*list_earned_in_matches([kept]), *list_earned_in_tournaments([kept])]
    wanted = {each.slug: (each.fact, each.earned_at, first.get(each.slug)) for each in earned}
    held = UserAchievement.objects.filter(user=kept, achievement__slug__in=BY_SLUG)
    stale = {
        row.pk: row
        for row in held.select_related("achievement")
        if wanted.get(row.achievement.slug) != (row.fact, row.earned_at, row.recorded_at)
    }
    keys = [experience_key(row.achievement) for row in stale.values()]
    points = ExperienceAward.objects.filter(user=kept, dedupe_key__in=keys).values_list("pk", flat=True)
    done.aside += set_aside(ExperienceAward, dict.fromkeys(points, 0), plan.pair)
    done.aside += set_aside(UserAchievement, dict.fromkeys(stale, 0), plan.pair)
    recount_owners(plan.pair)

    lacking = wanted.keys() - set(held.values_list("achievement__slug", flat=True))
    times = _find_times(kept, [each for each in earned if each.slug in lacking], first)
    before = {table: _list_keys(table, kept) for table in _TABLES}
    sync_match_achievements(users=[kept])
    sync_tournament_achievements(users=[kept])
    rebuild_experience(users=[kept])
    for table in _TABLES:
        made = _list_keys(table, kept) - before[table]
        done.made[table._meta.label] = sorted(made)
        _backdate(table, made, times)


def _list_keys(table: Any, user: int) -> set[int]:
    return set(table.objects.filter(user=user).values_list("pk", flat=True))


def _backdate(table: Any, keys: Collection[int], times: Mapping[str, tuple[datetime, str]]) -> None:
    """Record rows as if they had been so with the facts that earned them."""
    recorded: dict[int, datetime] = {}
    like: dict[int, str] = {}
    for row in table.objects.filter(pk__in=keys):
        key = row.achievement.slug if table is UserAchievement else row.dedupe_key.removeprefix(HELD_PREFIX)
        if key in times:
            recorded[row.pk], like[row.pk] = times[key]
    backdate_rows(table, recorded, like=like)


def _find_times(
    user: int, earned: Collection[Earned], first: Mapping[str, datetime]
) -> dict[str, tuple[datetime, str]]:
    """Return slug → since when one account would have had it, and the source of the fact that earned it."""
    by_matches = {each.slug for each in earned if issubclass(BY_SLUG[each.slug].measure, MatchMeasure)}
    known = find_first_earned(user, by_matches)
    times = {slug: (at, Match._meta.label) for slug, at in known.items()}
    for each in earned:
        if each.slug not in by_matches and (found := _find_entry_time(each, user)):
            times[each.slug] = found
        if each.slug in first and (each.slug not in times or first[each.slug] < times[each.slug][0]):
            times[each.slug] = first[each.slug], UserAchievement._meta.label
    return times


def _find_entry_time(earned: Earned, user: int) -> tuple[datetime, str] | None:
    """Return when the last registration or result was recorded that it takes to earn something."""
    until = earned.earned_at
    if issubclass(BY_SLUG[earned.slug].measure, TournamentsEntered):
        entries = TournamentParticipation.objects.standing().filter(user=user, registered_at__lte=until)
        last, label = _last(entries), TournamentParticipation._meta.label
    else:
        podiums = TournamentResult.objects.on_podium().filter(user=user, decided_at__lte=until)
        last, label = _last(podiums), TournamentResult._meta.label
    return None if last is None else (last, label)


def _last(rows: Any) -> datetime | None:
    last: datetime | None = rows.aggregate(last=Max("recorded_at"))["last"]
    return last
