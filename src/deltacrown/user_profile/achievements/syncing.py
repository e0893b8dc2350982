"""Sync awarded achievements with match and tournament records."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import prefetch_related_objects

from deltacrown.accounts.models import User
from deltacrown.core.settling import settle
from deltacrown.games.models import MatchRow
from deltacrown.user_profile.achievements.awards import (
    AwardRecord,
    award_achievements,
    lock_players,
    retire_achievement,
    revoke_achievements,
    update_achievements,
    write_entry,
)
from deltacrown.user_profile.achievements.catalogue import BY_SLUG, CATALOGUE, AchievementRule, list_slugs
from deltacrown.user_profile.achievements.evaluation import (
    Earned,
    list_earned_by_additions,
    list_earned_in_matches,
    list_earned_in_tournaments,
    name_facts,
    read_totals,
)
from deltacrown.user_profile.achievements.late_matches import decide_by_late
from deltacrown.user_profile.achievements.measure import MatchMeasure, TournamentMeasure
from deltacrown.user_profile.models import Achievement, UserAchievement
from django_tally.batches import in_batches
from django_tally.transactions import atomic_service

#: Players with late matches in one batch who are looked at one by one; of more, whole histories are read.
LATE_PLAYERS = 20
#: Players whose whole histories are read in one query.
PLAYERS_AT_ONCE = 200


@dataclass(frozen=True)
class AchievementChanges:
    """How many achievements were written, by what was done to them."""

    awarded: int = 0
    updated: int = 0
    revoked: int = 0

    def __add__(self, other: AchievementChanges) -> AchievementChanges:
        return AchievementChanges(
            awarded=self.awarded + other.awarded,
            updated=self.updated + other.updated,
            revoked=self.revoked + other.revoked,
        )


@atomic_service
def award_for_matches(*, rows: Sequence[MatchRow]) -> AchievementChanges:
    """Award what matches recorded just now earn.

    A player whose history they continue is evaluated from the latest few matches. Of one with a new match
    older than another, the matches around it are looked at.
    """
    additions = list_earned_by_additions(rows)

    changes = AchievementChanges(awarded=_award(additions.earned))
    if additions.unclear:
        changes += _sync_late(rows, additions.unclear)

    return changes


def _sync_late(rows: Sequence[MatchRow], users: Sequence[int]) -> AchievementChanges:
    """Sync what players hold after matches that are older than their latest."""
    if len(users) > LATE_PLAYERS:
        return sync_match_achievements(users=users)

    lock_players(pks=users)
    slugs = list_slugs(MatchMeasure)
    held: dict[int, dict[str, datetime]] = {user: {} for user in users}
    awards = UserAchievement.objects.filter(user__in=users, achievement__slug__in=slugs)
    for user, slug, earned_at in awards.values_list("user", "achievement__slug", "earned_at"):
        held[user][slug] = earned_at

    totals = read_totals(users)
    changes, left = AchievementChanges(), []
    for user in users:
        new = [(row.played_at, row.result) for row in rows if row.user_id == user and row.counts]
        decided = decide_by_late(user, new, held[user], totals.get(user, {}))
        if decided is None:
            left.append(user)
        elif decided:
            first = {(user, slug): match for slug, match in decided.items() if match is not None}
            changes += _settle(name_facts(first), [user], decided.keys())
    return changes + sync_match_achievements(users=left)


@atomic_service
def sync_match_achievements(*, users: Collection[int]) -> AchievementChanges:
    """Sync what ``users`` hold for matches with what their whole histories earn.

    An achievement whose condition holds no longer is revoked. One that another match earns now is kept, with
    that match and its date.
    """
    changes = AchievementChanges()
    for batch in in_batches(sorted(set(users)), PLAYERS_AT_ONCE):
        lock_players(pks=batch)
        changes += _settle(list_earned_in_matches(batch), batch, list_slugs(MatchMeasure))

    return changes


@atomic_service
def sync_tournament_achievements(*, users: Collection[int]) -> AchievementChanges:
    """Sync what ``users`` hold for tournaments with what their registrations and results earn.

    As ``sync_match_achievements``: revoked, or kept with another fact.
    """
    changes = AchievementChanges()
    for batch in in_batches(sorted(set(users))):
        lock_players(pks=batch)
        changes += _settle(list_earned_in_tournaments(batch), batch, list_slugs(TournamentMeasure))

    return changes


@atomic_service
def define_catalogue() -> None:
    """Enter the declared achievements, bring their entries up to date, and retire those declared no more.

    What follows for those who hold them is left to the backfill, which takes players in batches.
    """
    for rule in CATALOGUE:
        _write(rule)

    for entry in Achievement.objects.filter(is_declared=True).exclude(slug__in=BY_SLUG):
        retire_achievement(achievement=entry, reason="It is in the catalogue no more.")


def _write(rule: AchievementRule) -> Achievement:
    entry, _ = write_entry(
        slug=rule.slug,
        name=rule.name,
        description=rule.description,
        tier=rule.tier,
        points=rule.points,
        is_declared=True,
    )
    return entry


def _settle(earned: Sequence[Earned], users: Collection[int], slugs: Collection[str]) -> AchievementChanges:
    """Write what differs between what was earned and what is held."""
    rows = UserAchievement.objects.filter(user__in=users, achievement__slug__in=slugs)
    held = {(row.user_id, row.achievement.slug): row for row in rows.select_related("achievement")}
    wanted = {(each.user_id, each.slug): each for each in earned}
    settlement = settle(wanted, held, differs=_differs)

    for row, fact in settlement.amend:
        row.fact, row.earned_at = fact.fact, fact.earned_at
    if settlement.amend:
        prefetch_related_objects([row for row, _ in settlement.amend], "user")
        update_achievements(awards=[row for row, _ in settlement.amend])
    if settlement.withdraw:
        revoke_achievements(awards=settlement.withdraw)

    return AchievementChanges(
        awarded=_award(settlement.insert),
        updated=len(settlement.amend),
        revoked=len(settlement.withdraw),
    )


def _differs(row: UserAchievement, earned: Earned) -> bool:
    return (row.fact, row.earned_at) != (earned.fact, earned.earned_at)


def _award(earned: Sequence[Earned]) -> int:
    """Award what is not held yet, and return how many were."""
    if not earned:
        return 0

    catalogue = _list_entries({each.slug for each in earned})
    users = User.objects.in_bulk({each.user_id for each in earned})
    awards = [
        AwardRecord(
            user=users[each.user_id],
            achievement=catalogue[each.slug],
            fact=each.fact,
            earned_at=each.earned_at,
        )
        for each in earned
    ]

    return len(award_achievements(awards=awards))


def _list_entries(slugs: Collection[str]) -> dict[str, Achievement]:
    """Return the catalogue's entries by slug, entered where they are missing."""
    entries = {entry.slug: entry for entry in Achievement.objects.filter(slug__in=slugs)}
    missing = sorted(set(slugs) - entries.keys())

    return entries | {slug: _write(BY_SLUG[slug]) for slug in missing}
