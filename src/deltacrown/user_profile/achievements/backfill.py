"""Backfill timelines, experience and achievements from everything recorded.

Players are taken in batches, a transaction each. A run that is stopped keeps what it did, and the next one
changes only what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.db import transaction

from deltacrown.accounts.models import User
from deltacrown.user_profile.achievements.experience import rebuild_experience
from deltacrown.user_profile.achievements.syncing import (
    AchievementChanges,
    define_catalogue,
    sync_match_achievements,
    sync_tournament_achievements,
)
from deltacrown.user_profile.timeline.entering import ActivityChanges
from deltacrown.user_profile.timeline.syncing import rebuild_timelines
from django_tally.transactions import atomic_service

BATCH = 200

#: Called with the players done so far, and how many there are.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class BackfilledActivities:
    """What was written to the timelines of so many players."""

    players: int
    changes: ActivityChanges


@dataclass(frozen=True)
class BackfilledAchievements:
    """What was written of the achievements and the experience of so many players.

    :param experience: players whose experience from tournaments changed.
    """

    players: int
    changes: AchievementChanges
    experience: int


def backfill_activities(*, dry_run: bool = False, progress: Progress | None = None) -> BackfilledActivities:
    """Sync every timeline with the tables, each fact at its own date.

    :param dry_run: change nothing, count what would be changed.
    """
    # not atomic: commits in batches
    players, changes = 0, ActivityChanges()
    for users in _iterate_batches(progress):
        players += len(users)
        changes += _backfill_activities(users=users, dry_run=dry_run)

    return BackfilledActivities(players, changes)


def backfill_achievements(
    *,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> BackfilledAchievements:
    """Update the catalogue, then sync every player's achievements and experience; timelines follow.

    :param dry_run: change nothing, count what would be changed.
    """
    # not atomic: commits in batches
    players, changes, experience = 0, AchievementChanges(), 0
    if not dry_run:
        define_catalogue()
    for users in _iterate_batches(progress):
        batch_changes, batch_experience = _backfill_achievements(users=users, dry_run=dry_run)
        players += len(users)
        changes += batch_changes
        experience += batch_experience

    return BackfilledAchievements(players, changes, experience)


def _iterate_batches(progress: Progress | None) -> Iterator[Sequence[User]]:
    total = User.objects.count() if progress else 0
    done, position = 0, 0
    while users := list(User.objects.filter(pk__gt=position).order_by("pk")[:BATCH]):
        yield users
        done, position = done + len(users), users[-1].pk
        if progress:
            progress(done, max(done, total))


@atomic_service
def _backfill_activities(*, users: Sequence[User], dry_run: bool) -> ActivityChanges:
    with transaction.atomic():
        changes = rebuild_timelines(users=[user.pk for user in users])
        transaction.set_rollback(dry_run)
    return changes


@atomic_service
def _backfill_achievements(*, users: Sequence[User], dry_run: bool) -> tuple[AchievementChanges, int]:
    keys = [user.pk for user in users]
    with transaction.atomic():
        experience = rebuild_experience(users=keys)
        changes = sync_match_achievements(users=keys) + sync_tournament_achievements(users=keys)
        transaction.set_rollback(dry_run)
    return changes, len(experience)
