"""Sync awarded achievements with match and tournament records."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import prefetch_related_objects

from deltacrown.accounts.models import User
from deltacrown.core.settling import settle
from deltacrown.games.models import MatchRow
from deltacrown.user_profile.achievements.awards import (
    AwardRecord,
    award_achievements,
    lock_players,
    read_held,
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
from deltacrown.user_profile.achievements.late_matches import decide_by_late, may_move_total
from deltacrown.user_profile.achievements.match_results import Played
from deltacrown.user_profile.achievements.measure import MatchMeasure, TournamentMeasure
from deltacrown.user_profile.models import Achievement, UserAchievement
from django_tally.batches import in_batches
from django_tally.transactions import atomic_service

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


def award_for_matches(*, rows: Sequence[MatchRow]) -> AchievementChanges:
    """Award what matches recorded just now earn.

    A player whose history they continue is evaluated from the latest few matches. Of one with a new match
    older than another, the matches around it are looked at.
    """
    added: dict[int, list[MatchRow]] = {}
    for row in rows:
        if row.counts:
            added.setdefault(row.user_id, []).append(row)
    if not added:
        return AchievementChanges()

    additions = list_earned_by_additions(added)
    changes = AchievementChanges(awarded=_award(additions.earned))
    return changes + _sync_late(added, additions.late) if additions.late else changes


def _sync_late(
    added: Mapping[int, Sequence[MatchRow]], late: Mapping[int, Sequence[Played]]
) -> AchievementChanges:
    """Sync what players hold after matches that are older than their latest.

    Nobody else writes for these players meanwhile: the engine locked their profiles as it counted.
    """
    held = read_held(late, list_slugs(MatchMeasure))
    asked = {user for user in late if may_move_total(added[user], held.get(user, {}))}
    totals = read_totals(asked)

    decided: dict[tuple[int, str], int | None] = {}
    for user in sorted(late):
        answers = decide_by_late(user, added[user], late[user], held.get(user, {}), totals.get(user, {}))
        decided |= {(user, slug): match for slug, match in answers.items()}
    return _settle_decided(decided) if decided else AchievementChanges()


@atomic_service
def _settle_decided(decided: Mapping[tuple[int, str], int | None]) -> AchievementChanges:
    """Write what was decided of players and slugs: the match that earns it first, or that none does."""
    users, slugs = {user for user, _ in decided}, {slug for _, slug in decided}
    lock_players(pks=users)
    first = {key: match for key, match in decided.items() if match is not None}
    return _settle(name_facts(first), users, slugs, only=decided.keys())


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


def _settle(
    earned: Sequence[Earned],
    users: Collection[int],
    slugs: Collection[str],
    only: Collection[tuple[int, str]] | None = None,
) -> AchievementChanges:
    """Write what differs between what was earned and what is held.

    :param only: the players and slugs that were decided; without it all were.
    """
    rows = UserAchievement.objects.filter(user__in=users, achievement__slug__in=slugs)
    held = {(row.user_id, row.achievement.slug): row for row in rows.select_related("achievement")}
    if only is not None:
        held = {key: row for key, row in held.items() if key in only}
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
