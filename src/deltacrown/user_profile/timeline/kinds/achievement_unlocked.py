"""A player earned a major achievement."""

from __future__ import annotations

from django.db.models import QuerySet

from deltacrown.user_profile.models import Achievement, UserAchievement
from deltacrown.user_profile.timeline.kind import RowKind
from deltacrown.user_profile.timeline.records import Metadata, name_things


class AchievementUnlocked(RowKind[UserAchievement]):
    """An achievement is held; minor ones do not appear. The text leaves out its fact, which may be hidden."""

    type = "ACHIEVEMENT_UNLOCKED"
    label = "Achievement unlocked"
    order = 2
    fact = "achievement"
    fact_id = "achievement__slug"
    dated_by = "earned_at"
    related = ("achievement",)
    follows_deletion = False

    def list_rows(self) -> QuerySet[UserAchievement]:
        return UserAchievement.objects.filter(achievement__tier=Achievement.Tier.MAJOR)

    def describe(self, row: UserAchievement) -> str:
        return f"Earned {row.achievement.name}"

    def list_metadata(self, row: UserAchievement) -> Metadata:
        return name_things(achievement=row.achievement)
