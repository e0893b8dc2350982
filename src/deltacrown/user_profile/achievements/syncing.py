"""Making what players hold of the catalogue what the facts say they earned."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from deltacrown.accounts.models import User
from deltacrown.games.models import MatchRow
from deltacrown.user_profile.achievements.awards import (
    AwardRecord,
    award_achievements,
    define_achievement,
    lock_players,
    restate_achievements,
    revoke_achievements,
)
from deltacrown.user_profile.achievements.catalogue import BY_SLUG, CATALOGUE, IN_PLAY, IN_TOURNAMENTS, Rule, slugs_of
from deltacrown.user_profile.achievements.evaluation import (
    Earned,
    list_earned_by_additions,
    list_earned_in_play,
    list_earned_in_tournaments,
)
from deltacrown.user_profile.models import Achievement, UserAchievement
from django_tally.batches import in_batches
from django_tally.transactions import atomic_service

#: Players whose whole histories are in memory's way at once.
PLAYERS_AT_ONCE = 200


@dataclass(frozen=True)
class HonourChanges:
    """How many achievements were written, by what was done to them."""

    awarded: int = 0
    restated: int = 0
    revoked: int = 0

    def __add__(self, other: HonourChanges) -> HonourChanges:
        return HonourChanges(self.awarded + other.awarded, self.restated + other.restated, self.revoked + other.revoked)


@atomic_service
def note_matches(*, rows: Sequence[MatchRow]) -> HonourChanges:
    """Award what matches recorded just now earn.

    A player whose history they continue is told from the latest few matches; one with a new match that
    is older than another is reviewed.
    """
    additions = list_earned_by_additions(rows)
    changes = HonourChanges(awarded=_award(additions.earned))
    if additions.unclear:
        changes += review_play(users=additions.unclear, reason="Matches played earlier were recorded later.")
    return changes


@atomic_service
def review_play(*, users: Collection[int], reason: str) -> HonourChanges:
    """Make what ``users`` hold for matches what their whole histories earn.

    An achievement whose condition holds no longer is revoked; one that another match earns now is
    kept, with that match and its date.

    :param reason: one sentence, told of what is revoked.
    """
    changes = HonourChanges()
    for batch in in_batches(sorted(set(users)), PLAYERS_AT_ONCE):
        lock_players(pks=batch)
        changes += _settle(list_earned_in_play(batch), batch, slugs_of(IN_PLAY), reason)
    return changes


@atomic_service
def review_tournaments(*, users: Collection[int], reason: str) -> HonourChanges:
    """Make what ``users`` hold for tournaments what their registrations and results earn, by the rule of ``review_play``."""
    changes = HonourChanges()
    for batch in in_batches(sorted(set(users))):
        lock_players(pks=batch)
        changes += _settle(list_earned_in_tournaments(batch), batch, slugs_of(IN_TOURNAMENTS), reason)
    return changes


@atomic_service
def define_catalogue() -> None:
    """Enter the declared achievements, or bring their entries up to date."""
    for rule in CATALOGUE:
        _define(rule)


def _define(rule: Rule) -> Achievement:
    return define_achievement(slug=rule.slug, name=rule.name, description=rule.description, tier=rule.tier, points=rule.points)


def _settle(earned: Sequence[Earned], users: Collection[int], slugs: Collection[str], reason: str) -> HonourChanges:
    wanted = {(each.user_id, each.slug): each for each in earned}
    rows = UserAchievement.objects.filter(user__in=users, achievement__slug__in=slugs).select_related("user", "achievement")
    held = {(row.user_id, row.achievement.slug): row for row in rows}
    differing = [row for key, row in held.items() if key in wanted and _differs(row, wanted[key])]
    for row in differing:
        of = wanted[row.user_id, row.achievement.slug]
        row.fact, row.earned_at = of.fact, of.earned_at
    if differing:
        restate_achievements(awards=differing)
    orphans = [row for key, row in held.items() if key not in wanted]
    if orphans:
        revoke_achievements(awards=orphans, reason=reason)
    awarded = _award([each for key, each in wanted.items() if key not in held])
    return HonourChanges(awarded=awarded, restated=len(differing), revoked=len(orphans))


def _differs(row: UserAchievement, earned: Earned) -> bool:
    return (row.fact, row.earned_at) != (earned.fact, earned.earned_at)


def _award(earned: Sequence[Earned]) -> int:
    """Award what is not held yet, and return how many were."""
    if not earned:
        return 0
    catalogue = _list_entries({each.slug for each in earned})
    users = User.objects.in_bulk({each.user_id for each in earned})
    awards = [AwardRecord(users[each.user_id], catalogue[each.slug], each.fact, each.earned_at) for each in earned]
    return len(award_achievements(awards=awards))


def _list_entries(slugs: Collection[str]) -> dict[str, Achievement]:
    """The catalogue's entries by slug, entered where they are missing."""
    entries = {entry.slug: entry for entry in Achievement.objects.filter(slug__in=slugs)}
    return entries | {slug: _define(BY_SLUG[slug]) for slug in sorted(set(slugs) - entries.keys())}
