"""Backfill timelines, experience and achievements from everything recorded.

Rows written past the services (``bulk_create``, SQL, ``COPY``, bulk updates and deletes) announce nothing, so
what follows from them is left behind. The nightly job and ``backfill_activities`` make good for that.

Only players are looked at whose rows changed since they were last: their content token tells, since triggers
renew it with every write. So a run with nothing to do is one query. Players are taken in batches, a
transaction each. A run that is stopped keeps what it did, and the next one takes up what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from deltacrown.accounts.models import User
from deltacrown.freshness.models import ContentVersion
from deltacrown.freshness.tokens import list_tokens
from deltacrown.user_profile.achievements.awards import lock_players
from deltacrown.user_profile.achievements.experience import rebuild_experience
from deltacrown.user_profile.achievements.syncing import (
    AchievementChanges,
    define_catalogue,
    sync_match_achievements,
    sync_tournament_achievements,
)
from deltacrown.user_profile.models import BackfilledPlayer
from deltacrown.user_profile.timeline.entering import ActivityChanges
from deltacrown.user_profile.timeline.syncing import rebuild_timelines
from django_tally.transactions import atomic_service

BATCH = 200
#: The packages whose code decides what players have earned and what timelines say.
RULES = [Path(__file__).parent, Path(__file__).parents[1] / "timeline"]

#: Called with the players done so far, and how many there are.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Backfilled:
    """What a backfill looked at and mended.

    :param players: how many were looked at.
    :param experience: players whose experience changed.
    """

    players: int = 0
    activities: ActivityChanges = field(default_factory=ActivityChanges)
    achievements: AchievementChanges = field(default_factory=AchievementChanges)
    experience: int = 0

    def __add__(self, other: Backfilled) -> Backfilled:
        return Backfilled(
            self.players + other.players,
            self.activities + other.activities,
            self.achievements + other.achievements,
            self.experience + other.experience,
        )

    def as_dict(self) -> dict[str, int]:
        """Return the figures by name, flat."""
        return {
            "players_backfilled": self.players,
            "entries_created": self.activities.created,
            "entries_amended": self.activities.amended,
            "entries_withdrawn": self.activities.withdrawn,
            "achievements_awarded": self.achievements.awarded,
            "achievements_updated": self.achievements.updated,
            "achievements_revoked": self.achievements.revoked,
            "experience_changed": self.experience,
        }

    @property
    def mended(self) -> int:
        """Return how many things were not as the facts say."""
        return sum(self.as_dict().values()) - self.players


def backfill_players(
    *,
    everyone: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Backfilled:
    """Update the catalogue, then sync experience, achievements and timelines of players with the tables.

    :param everyone: look also at players of whom no row has changed since they were last looked at.
    :param dry_run: change nothing, count what would be changed; leave the catalogue as it is.
    """
    # not atomic: commits in batches
    if not dry_run:
        define_catalogue()

    rules = read_rules()
    users = User.objects.all() if everyone else list_due(rules)
    done = Backfilled()
    for batch in _iterate_batches(users, progress):
        done += _backfill_batch(users=batch, rules=rules, dry_run=dry_run)
    if dry_run or not done.mended:
        return done

    # What was mended changed the tokens. Looking once more finds, too, what was written meanwhile.
    for batch in _iterate_batches(list_due(rules), None):
        again = _backfill_batch(users=batch, rules=rules, dry_run=False)
        done += Backfilled(0, again.activities, again.achievements, again.experience)

    return done


def list_due(rules: str) -> QuerySet[User]:
    """Return the players whose rows have changed since they were last looked at, or the rules have.

    :param rules: as ``read_rules`` returns.
    """
    same = BackfilledPlayer.objects.filter(owner=OuterRef("owner"), token=OuterRef("token"), rules=rules)
    settled = ContentVersion.objects.filter(Exists(same), owner=OuterRef("pk"))

    return User.objects.filter(~Exists(settled))


@atomic_service
def forget_backfilled(*, pk: int) -> None:
    """Delete what is remembered of a player who is deleted."""
    BackfilledPlayer.objects.filter(owner=pk).delete()


def read_rules() -> str:
    """Return a fingerprint of the code that decides: with other code, everybody is looked at again."""
    digest = sha256()
    for package in RULES:
        for path in sorted(package.rglob("*.py")):
            digest.update(path.read_bytes())

    return digest.hexdigest()


def _iterate_batches(users: QuerySet[User], progress: Progress | None) -> Iterator[Sequence[User]]:
    total = users.count() if progress else 0
    done, position = 0, 0
    while batch := list(users.filter(pk__gt=position).order_by("pk")[:BATCH]):
        yield batch
        done, position = done + len(batch), batch[-1].pk
        if progress:
            progress(done, max(done, total))


@atomic_service
def _backfill_batch(*, users: Collection[User], rules: str, dry_run: bool) -> Backfilled:
    keys = [user.pk for user in users]
    # Before the facts: what is written after this changes the token, so that the player is due again.
    tokens = list_tokens(keys)

    with transaction.atomic():
        lock_players(pks=keys)
        achievements = sync_match_achievements(users=keys) + sync_tournament_achievements(users=keys)
        experience = len(rebuild_experience(users=keys))
        activities = rebuild_timelines(users=keys)
        transaction.set_rollback(dry_run)

    if not dry_run:
        _remember(tokens, rules)

    return Backfilled(len(keys), activities, achievements, experience)


def _remember(tokens: Mapping[int, int], rules: str) -> None:
    """Record that these players are as the facts say, as long as they keep these tokens."""
    BackfilledPlayer.objects.bulk_create(
        [BackfilledPlayer(owner=owner, token=token, rules=rules) for owner, token in sorted(tokens.items())],
        update_conflicts=True,
        update_fields=["token", "rules"],
        unique_fields=["owner"],
    )
