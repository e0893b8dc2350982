"""The catalogue of achievements, and who holds which.

An achievement held and the experience it is worth are written and removed together. Points are those
of the catalogue at the moment of the award: a later change of the catalogue re-prices nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError

from deltacrown.accounts.models import User
from deltacrown.core.batches import in_batches
from deltacrown.core.errors import InvalidInput
from deltacrown.core.inputs import check_moment, check_text
from deltacrown.core.transactions import atomic_service
from deltacrown.tally.context import attributed_change
from deltacrown.user_profile import signals
from deltacrown.user_profile.models import Achievement, ExperienceAward, UserAchievement

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
def award_achievement(*, user: User, achievement: Achievement, fact: str, earned_at: datetime) -> tuple[UserAchievement, bool]:
    """Give a player an achievement with its experience; whoever holds it keeps the first award.

    :return: the award and whether it is new.
    :raises InvalidInput: the moment has no time zone or the fact is longer than 200 characters.
    """
    created = award_achievements(awards=[AwardRecord(user, achievement, fact, earned_at)])
    if created:
        return created[0], True
    return UserAchievement.objects.select_related("user", "achievement").get(user=user, achievement=achievement), False


@atomic_service
def award_achievements(*, awards: Sequence[AwardRecord]) -> list[UserAchievement]:
    """Give many achievements at once, all or none; those already held, or told twice, change nothing.

    :return: the new awards.
    :raises InvalidInput: a moment has no time zone or a fact is longer than 200 characters.
    """
    for award in awards:
        _check_award(award)
    first = {award.key: award for award in reversed(awards)}
    new: list[UserAchievement] = []
    for batch in in_batches(sorted(first)):
        new += _award_batch({key: first[key] for key in batch})
    if new:
        signals.achievement_awarded.send(UserAchievement, awards=list(new))
    return new


@atomic_service
@attributed_change
def revoke_achievement(*, user: User, achievement: Achievement, reason: str) -> bool:
    """Take an achievement and its experience back from a player.

    :param reason: one sentence, told to whoever listens.
    :return: whether the player held it; revoking twice is revoking once.
    :raises InvalidInput: there is no reason.
    """
    check_text(reason, field="reason", limit=REASON_LENGTH, required=True, multiline=True)
    held, _ = UserAchievement.objects.filter(user=user, achievement=achievement).delete()
    ExperienceAward.objects.filter(user=user, dedupe_key=experience_key(achievement)).delete()
    if held:
        signals.achievement_revoked.send(UserAchievement, user=user, achievement=achievement, reason=reason.strip())
    return bool(held)


def experience_key(achievement: Achievement) -> str:
    """Return the key that makes the experience of an achievement one award per player."""
    return f"achievement:{achievement.slug}"


def _award_batch(awards: dict[tuple[int, int], AwardRecord]) -> list[UserAchievement]:
    """Write those awards that are not held yet, with their experience."""
    _lock_users({user for user, _ in awards})
    held = UserAchievement.objects.filter(user__in={user for user, _ in awards}, achievement__in={entry for _, entry in awards})
    known = set(held.values_list("user", "achievement"))
    new = [award for key, award in awards.items() if key not in known]
    # The same experience may be there without its achievement, after a repair by hand: it is one fact, rewarded once.
    ExperienceAward.objects.bulk_create([_experience_of(award) for award in new if award.achievement.points], ignore_conflicts=True)
    return UserAchievement.objects.bulk_create(
        UserAchievement(user=award.user, achievement=award.achievement, fact=award.fact, earned_at=award.earned_at) for award in new
    )


def _experience_of(award: AwardRecord) -> ExperienceAward:
    return ExperienceAward(
        user=award.user,
        points=award.achievement.points,
        reason=f"Achievement: {award.achievement.name}",
        dedupe_key=experience_key(award.achievement),
        awarded_at=award.earned_at,
    )


def _lock_users(pks: set[int]) -> None:
    """Let one writer at a time change what these players hold, so that what is new is known exactly."""
    list(User.objects.select_for_update(no_key=True).filter(pk__in=pks).order_by("pk").values_list("pk"))


def _check_award(award: AwardRecord) -> None:
    check_moment(award.earned_at, field="earned_at")
    check_text(award.fact, field="fact", limit=FACT_LENGTH)


def _check_fields(entry: Achievement) -> None:
    """Refuse an entry its own fields would refuse."""
    try:
        entry.clean_fields()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise InvalidInput(f"{field}: {messages[0]}", field=field) from error
