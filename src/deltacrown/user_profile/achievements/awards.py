"""Record the catalogue of achievements and who holds which.

An achievement held and the experience it is worth are written and removed together. Points are those
of the catalogue at the time of the award: a later change of the catalogue changes no award.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput
from deltacrown.core.inputs import check_datetime, check_text
from deltacrown.user_profile.models import Achievement, ExperienceAward, UserAchievement, UserProfile
from deltacrown.user_profile.timeline.kinds.achievement_unlocked import AchievementUnlocked
from deltacrown.user_profile.timeline.kinds.level_up import LevelUp
from deltacrown.user_profile.timeline.syncing import sync_timeline
from django_tally.batches import in_batches
from django_tally.context import attributed_change
from django_tally.transactions import atomic_service

LONGEST_TEXT = 300
FACT_LENGTH = 200
REASON_LENGTH = 500


@dataclass(frozen=True)
class AwardRecord:
    """One achievement earned: by whom, by what fact (one line, may be empty), and when."""

    user: User
    achievement: Achievement
    fact: str
    earned_at: datetime

    @property
    def key(self) -> tuple[int, int]:
        return self.user.pk, self.achievement.pk


@atomic_service
def define_achievement(*, slug: str, name: str, description: str, tier: str, points: int) -> Achievement:
    """Enter an achievement in the catalogue, or bring the entry of this slug up to date.

    :param tier: ``MINOR`` or ``MAJOR``; only MAJOR ones appear on the timeline.
    :param points: the experience an award is worth, 0 or more. Awards already made keep theirs.
    :raises InvalidInput: a value cannot be taken; ``field`` names it.
    """
    for field, text in {"slug": slug, "name": name, "description": description}.items():
        check_text(text, field=field, limit=LONGEST_TEXT, required=True)
    fields = {"name": name.strip(), "description": description.strip(), "tier": tier, "points": points}
    _check_fields(Achievement(slug=slug, **fields))
    return Achievement.objects.update_or_create(slug=slug, defaults=fields)[0]


@atomic_service
def award_achievement(
    *,
    user: User,
    achievement: Achievement,
    fact: str,
    earned_at: datetime,
) -> tuple[UserAchievement, bool]:
    """Give a player an achievement with its experience; whoever holds it keeps the first award.

    :return: the award and whether it is new.
    :raises InvalidInput: the datetime has no time zone or the fact is longer than 200 characters.
    """
    created = award_achievements(awards=[AwardRecord(user, achievement, fact, earned_at)])
    if created:
        return created[0], True

    held = UserAchievement.objects.select_related("user", "achievement")
    return held.get(user=user, achievement=achievement), False


@atomic_service
def award_achievements(*, awards: Sequence[AwardRecord]) -> list[UserAchievement]:
    """Give many achievements at once, all or none; those already held, or given twice, change nothing.

    :return: the new awards.
    :raises InvalidInput: a datetime has no time zone or a fact is longer than 200 characters.
    """
    for award in awards:
        _check_award(award)

    first = {award.key: award for award in reversed(awards)}
    new: list[UserAchievement] = []
    for batch in in_batches(sorted(first)):
        new += _award_batch({key: first[key] for key in batch})

    _sync_timelines(new)

    return new


@atomic_service
@attributed_change
def revoke_achievement(*, user: User, achievement: Achievement, reason: str) -> bool:
    """Take an achievement and its experience back from a player.

    :param reason: one sentence, kept with the revisions of what changes.
    :return: whether the player held it; revoking twice is revoking once.
    :raises InvalidInput: there is no reason.
    """
    check_text(reason, field="reason", limit=REASON_LENGTH, required=True, multiline=True)
    held = UserAchievement.objects.filter(user=user, achievement=achievement)

    return bool(revoke_achievements(awards=list(held.select_related("achievement"))))


@atomic_service
def revoke_achievements(*, awards: Sequence[UserAchievement]) -> int:
    """Take many achievements, ``achievement`` fetched along, and their experience back. Return how many.

    The caller says with ``attributed`` who does it and why.
    """
    for batch in in_batches(sorted(awards, key=lambda award: award.pk)):
        lock_players(pks={award.user_id for award in batch})
        _list_experience_of(batch).delete()
        UserAchievement.objects.filter(pk__in=[award.pk for award in batch]).delete()

    _sync_timelines(awards)

    return len(awards)


@atomic_service
def update_achievements(*, awards: Sequence[UserAchievement]) -> None:
    """Record that achievements were earned by another fact: ``fact`` and ``earned_at`` as set on the rows.

    Their experience is dated anew with them.

    :raises InvalidInput: a datetime has no time zone or a fact is longer than 200 characters.
    """
    for award in awards:
        _check_award(AwardRecord(award.user, award.achievement, award.fact, award.earned_at))

    for batch in in_batches(sorted(awards, key=lambda award: award.pk)):
        lock_players(pks={award.user_id for award in batch})
        UserAchievement.objects.bulk_update(batch, ["fact", "earned_at"])

        dates = {(award.user_id, experience_key(award.achievement)): award.earned_at for award in batch}
        experience = list(_list_experience_of(batch))
        for each in experience:
            each.awarded_at = dates[each.user_id, each.dedupe_key]
        ExperienceAward.objects.bulk_update(experience, ["awarded_at"])

    _sync_timelines(awards)


def experience_key(achievement: Achievement) -> str:
    """Return the key that makes the experience of an achievement one award per player."""
    return f"achievement:{achievement.slug}"


def lock_players(*, pks: Collection[int]) -> None:
    """Let one writer at a time change what these players hold, until the transaction ends; there must be one.

    The rows are those the engine locks when it counts, in the same order: the two never wait for each other.
    """
    locked = UserProfile.objects.select_for_update(no_key=True).filter(pk__in=pks)

    list(locked.order_by("pk").values_list("pk"))


def _sync_timelines(awards: Sequence[UserAchievement]) -> None:
    """Sync the timelines of those concerned with what they hold and with their levels."""
    major = [award for award in awards if award.achievement.tier == Achievement.Tier.MAJOR]
    if major:
        sync_timeline(
            kinds=[AchievementUnlocked],
            users={award.user_id for award in major},
            facts={award.achievement.slug for award in major},
        )
    if awards:
        sync_timeline(kinds=[LevelUp], users={award.user_id for award in awards})


def _list_experience_of(awards: Sequence[UserAchievement]) -> QuerySet[ExperienceAward]:
    """Return the experience that came with some awards."""
    of_any = Q()
    for award in awards:
        of_any |= Q(user=award.user_id, dedupe_key=experience_key(award.achievement))
    return ExperienceAward.objects.filter(of_any)


def _award_batch(awards: dict[tuple[int, int], AwardRecord]) -> list[UserAchievement]:
    """Write those awards that are not held yet, with their experience."""
    users = {user for user, _ in awards}
    lock_players(pks=users)

    held = UserAchievement.objects.filter(user__in=users, achievement__in={entry for _, entry in awards})
    known = set(held.values_list("user", "achievement"))
    new = [award for key, award in awards.items() if key not in known]

    # The experience may be there without its achievement, after a repair by hand: one fact, rewarded once.
    experience = [_experience_of(award) for award in new if award.achievement.points]
    ExperienceAward.objects.bulk_create(experience, ignore_conflicts=True)

    rows = [
        UserAchievement(
            user=award.user,
            achievement=award.achievement,
            fact=award.fact,
            earned_at=award.earned_at,
        )
        for award in new
    ]
    return UserAchievement.objects.bulk_create(rows)


def _experience_of(award: AwardRecord) -> ExperienceAward:
    return ExperienceAward(
        user=award.user,
        points=award.achievement.points,
        reason=f"Achievement: {award.achievement.name}",
        dedupe_key=experience_key(award.achievement),
        awarded_at=award.earned_at,
    )


def _check_award(award: AwardRecord) -> None:
    check_datetime(award.earned_at, field="earned_at")
    check_text(award.fact, field="fact", limit=FACT_LENGTH)


def _check_fields(entry: Achievement) -> None:
    """Refuse an entry its own fields would refuse."""
    try:
        entry.clean_fields()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise InvalidInput(f"{field}: {messages[0]}", field=field) from error
