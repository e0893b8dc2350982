"""Record the catalogue of achievements and who holds which.

An achievement held and the experience it is worth are written and removed together. Points are those of the
catalogue: when it changes, so do they, for those who hold the achievement already too. So what a player has
does not depend on the order in which things happened.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Q

from deltacrown.accounts.models import User
from deltacrown.core.dates import read_selected_time
from deltacrown.core.errors import InvalidInput
from deltacrown.core.gathering import do_gathered
from deltacrown.core.inputs import check_datetime, check_past, check_text
from deltacrown.core.inserts import insert_rows
from deltacrown.user_profile.achievements.experience import (
    build_held_experience,
    experience_key,
    sync_level_ups,
)
from deltacrown.user_profile.models import Achievement, ExperienceAward, UserAchievement, UserProfile
from deltacrown.user_profile.signals import achievements_awarded, achievements_revoked
from deltacrown.user_profile.timeline.kinds.achievement_unlocked import AchievementUnlocked
from deltacrown.user_profile.timeline.kinds.level_up import LevelUp
from deltacrown.user_profile.timeline.syncing import sync_timeline
from django_tally.batches import in_batches
from django_tally.context import attributed_change
from django_tally.transactions import atomic_service

LONGEST_TEXT = 300
FACT_LENGTH = 200
REASON_LENGTH = 500
HOLDERS_AT_ONCE = 500


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
    """Enter an achievement in the catalogue, or bring the entry of this slug and what follows up to date.

    Experience, levels and timelines of those who hold it follow. Their number bounds what it takes.

    :param tier: ``MINOR`` or ``MAJOR``; only MAJOR ones appear on the timeline.
    :param points: the experience it is worth, 0 or more.
    :raises InvalidInput: a value cannot be taken; ``field`` names it.
    """
    entry, is_changed = write_entry(slug=slug, name=name, description=description, tier=tier, points=points)
    if is_changed:
        _sync_holders(entry)

    return entry


@atomic_service
def write_entry(**fields: Any) -> tuple[Achievement, bool]:
    """Write an entry of the catalogue, without what follows. Return it and whether it changed.

    :raises InvalidInput: a value cannot be taken; ``field`` names it.
    """
    for field in ("slug", "name", "description"):
        check_text(fields[field], field=field, limit=LONGEST_TEXT, required=True)
    fields |= {"name": fields["name"].strip(), "description": fields["description"].strip()}
    _check_fields(Achievement(**fields))

    known = Achievement.objects.select_for_update(no_key=True).filter(slug=fields["slug"]).first()
    if known is not None and all(getattr(known, field) == value for field, value in fields.items()):
        return known, False

    values = {field: value for field, value in fields.items() if field != "slug"}
    return Achievement.objects.update_or_create(slug=fields["slug"], defaults=values)[0], known is not None


@atomic_service
@attributed_change
def retire_achievement(*, achievement: Achievement, reason: str) -> int:
    """Revoke an achievement from everybody, and delete its entry. Return how many held it."""
    check_text(reason, field="reason", limit=REASON_LENGTH, required=True, multiline=True)
    revoked = 0
    while held := list(achievement.holders.select_related("achievement").order_by("pk")[:HOLDERS_AT_ONCE]):
        revoked += revoke_achievements(awards=held)
    achievement.delete()

    return revoked


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
    :raises InvalidInput: the datetime has no time zone or is in the future, or the fact is longer than 200
        characters.
    """
    check_past(earned_at, field="earned_at")
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
    if new:
        achievements_awarded.send(UserAchievement, awards=new)

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
        _remove_experience(batch)
        UserAchievement.objects.filter(pk__in=[award.pk for award in batch]).delete()

    _sync_timelines(awards)
    if awards:
        achievements_revoked.send(UserAchievement, awards=awards)

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
        _write_experience(batch)

    _sync_timelines(awards)


def lock_players(*, pks: Collection[int]) -> None:
    """Let one writer at a time change what these players hold, until the transaction ends; there must be one.

    The rows are those the engine locks when it counts, in the same order: the two never wait for each other.
    """
    if connection.vendor != "postgresql":  # SQLite has one writer at a time anyway
        return
    table = connection.ops.quote_name(UserProfile._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM {table} WHERE user_id IN ({_write_ids(pks)}) ORDER BY user_id FOR NO KEY UPDATE"
        )


def read_held(users: Collection[int], slugs: Collection[str]) -> dict[int, dict[str, datetime]]:
    """Return player's id → slug → when it was earned, of the achievements of some slugs that they hold."""
    quote = connection.ops.quote_name
    held, entries = quote(UserAchievement._meta.db_table), quote(Achievement._meta.db_table)
    found: dict[int, dict[str, datetime]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT held.user_id, entry.slug, held.earned_at FROM {held} held "
            f"JOIN {entries} entry ON entry.id = held.achievement_id "
            f"WHERE held.user_id IN ({_write_ids(users)})"
        )
        for user, slug, earned_at in cursor.fetchall():
            if slug in slugs:
                found.setdefault(user, {})[slug] = read_selected_time(earned_at)
    return found


def _write_ids(pks: Collection[int]) -> str:
    """Return ids as they stand in a statement; NULL for none."""
    return ", ".join(str(int(pk)) for pk in sorted(pks)) or "NULL"


def _sync_timelines(awards: Sequence[UserAchievement]) -> None:
    """Sync the timelines of those concerned with what they hold and with their levels."""
    major = [award for award in awards if award.achievement.tier == Achievement.Tier.MAJOR]
    if major:
        sync_timeline(
            kinds=[AchievementUnlocked],
            users={award.user_id for award in major},
            facts={award.achievement.slug for award in major},
        )
    do_gathered(sync_level_ups, {award.user_id for award in awards})


def _award_batch(awards: dict[tuple[int, int], AwardRecord]) -> list[UserAchievement]:
    """Write those awards that are not held yet, with their experience."""
    users = {user for user, _ in awards}
    lock_players(pks=users)

    held = UserAchievement.objects.filter(user__in=users, achievement__in={entry for _, entry in awards})
    known = set(held.values_list("user", "achievement"))
    new = [award for key, award in awards.items() if key not in known]

    rows = [
        UserAchievement(
            user=award.user,
            achievement=award.achievement,
            fact=award.fact,
            earned_at=award.earned_at,
        )
        for award in new
    ]
    _write_experience(rows)
    return insert_rows(rows)


def _sync_holders(entry: Achievement) -> None:
    """Sync experience, levels and timelines of those who hold an achievement with its entry."""
    holders = entry.holders.order_by("user").values_list("user", flat=True)
    position = 0
    while users := list(holders.filter(user__gt=position)[:HOLDERS_AT_ONCE]):
        lock_players(pks=users)
        _write_experience(list(entry.holders.filter(user__in=users).select_related("achievement")))
        sync_timeline(kinds=[AchievementUnlocked], users=users, facts={entry.slug})
        sync_timeline(kinds=[LevelUp], users=users)
        position = users[-1]


def _write_experience(rows: Sequence[UserAchievement]) -> None:
    """Write what held achievements are worth by their entries, whatever was recorded before."""
    ExperienceAward.objects.bulk_create(
        build_held_experience(rows),
        update_conflicts=True,
        update_fields=["points", "reason", "awarded_at"],
        unique_fields=["user", "dedupe_key"],
    )
    _remove_experience([row for row in rows if not row.achievement.points])


def _remove_experience(rows: Sequence[UserAchievement]) -> None:
    """Delete the experience that came with some achievements."""
    if not rows:
        return

    of_any = Q()
    for row in rows:
        of_any |= Q(user=row.user_id, dedupe_key=experience_key(row.achievement))
    ExperienceAward.objects.filter(of_any).delete()


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
