from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from deltacrown.core.deletion import refuse_deletion
from django_tally.database_clock import DatabaseNow
from django_tally.fields import RecordedAt


class Achievement(models.Model):
    """An achievement that players can earn."""

    instead_of_deletion = "Revoke it from those who hold it first."

    class Tier(models.TextChoices):
        MINOR = "MINOR", pgettext_lazy("tier of an achievement", "Minor")
        MAJOR = "MAJOR", pgettext_lazy("tier of an achievement", "Major")

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=300)
    tier = models.CharField(max_length=5, choices=Tier, default=Tier.MINOR, db_default=Tier.MINOR)
    points = models.PositiveIntegerField(default=0, db_default=0, help_text="Experience points it is worth.")
    is_declared = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="Declared in code and earned by facts; others are awarded by hand.",
    )

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(tier__in=["MINOR", "MAJOR"]), name="user_profile_achievement_tier"
            )
        ]

    def __str__(self) -> str:
        return self.name


class UserAchievement(models.Model):
    """An achievement awarded to a player, with the fact that earned it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, refuse_deletion, related_name="achievements", db_index=False
    )
    achievement = models.ForeignKey(Achievement, refuse_deletion, related_name="holders")
    earned_at = models.DateTimeField(db_default=DatabaseNow())
    fact = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="What earned it."
    )
    recorded_at = RecordedAt()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "achievement"], name="user_profile_userachievement_once")
        ]
        indexes = [
            models.Index("user", F("earned_at").desc(), F("id").desc(), name="userachievement_of_user"),
            models.Index("user", F("recorded_at").desc(), F("id").desc(), name="userachievement_recorded"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.achievement_id}"


class ExperienceAward(models.Model):
    """Experience points for one fact; each fact is rewarded once."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, refuse_deletion, related_name="experience_awards", db_index=False
    )
    points = models.IntegerField()
    reason = models.CharField(max_length=200)
    dedupe_key = models.CharField(max_length=120, help_text="Names the fact; one award per user and fact.")
    awarded_at = models.DateTimeField(db_default=DatabaseNow())
    recorded_at = RecordedAt()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "dedupe_key"], name="user_profile_experience_once"),
            models.CheckConstraint(condition=Q(points__gt=0), name="user_profile_experience_points"),
        ]
        indexes = [
            models.Index("user", F("awarded_at").desc(), F("id").desc(), name="experience_of_user"),
            models.Index("user", F("recorded_at").desc(), F("id").desc(), name="experience_recorded"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.points} for {self.reason}"
