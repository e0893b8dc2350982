from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from deltacrown.user_profile.models.activity_types import ActivityTypeField
from django_tally.database_clock import DatabaseNow


class ActivityRow(models.Model):
    """An entry of a player's timeline; each fact has at most one.

    An entry that its player has hidden is PRIVATE. When the fact behind a hidden entry is withdrawn, the
    row stays with ``is_withdrawn`` and is shown to nobody. If the fact returns, the entry is hidden again.
    """

    class Visibility(models.TextChoices):
        PUBLIC = "PUBLIC", pgettext_lazy("who sees an entry", "Everyone")
        FOLLOWERS = "FOLLOWERS", pgettext_lazy("who sees an entry", "Followers")
        PRIVATE = "PRIVATE", _("Only the player")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="activities",
        db_index=False,
    )
    activity_type = ActivityTypeField()
    description = models.TextField(max_length=500)
    metadata = models.JSONField(default=dict, blank=True, db_default={})
    visibility = models.CharField(
        max_length=9,
        choices=Visibility,
        default=Visibility.PUBLIC,
        db_default=Visibility.PUBLIC,
    )
    dedupe_key = models.CharField(
        max_length=120,
        help_text="Names the fact; one activity per user, type and fact.",
    )
    created_at = models.DateTimeField(
        db_default=DatabaseNow(), help_text="When it happened, also for facts recorded later."
    )
    recorded_at = models.DateTimeField(db_default=DatabaseNow(), editable=False)
    is_withdrawn = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Its fact holds no longer; shown to nobody.",
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.description


class UserActivity(ActivityRow):
    """A timeline entry in the live table."""

    class Meta:
        verbose_name_plural = "user activities"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "activity_type", "dedupe_key"],
                name="user_profile_activity_once",
            ),
            models.CheckConstraint(
                condition=Q(visibility__in=["PUBLIC", "FOLLOWERS", "PRIVATE"]),
                name="user_profile_activity_visibility",
            ),
        ]
        indexes = [
            models.Index("user", F("created_at").desc(), F("id").desc(), name="activity_timeline"),
            models.Index(
                "user",
                F("created_at").desc(),
                F("id").desc(),
                condition=Q(visibility="PRIVATE"),
                name="activity_hidden",
            ),
            models.Index(
                "user",
                "activity_type",
                F("created_at").desc(),
                F("id").desc(),
                name="activity_of_type",
            ),
        ]


class BackfilledPlayer(models.Model):
    """What was the case when a player was last backfilled: while it is, there is nothing to do for them.

    No foreign key: a row must not hold up the writer who deletes a user, and is no fact about one.
    """

    owner = models.BigIntegerField(primary_key=True, help_text="The user's key.")
    token = models.BigIntegerField(help_text="Their content token: it changes with any of their rows.")
    rules = models.CharField(max_length=64, help_text="Fingerprint of the code that decides.")

    def __str__(self) -> str:
        return f"{self.owner}: {self.rules[:12]}"


class ArchivedUserActivity(ActivityRow):
    """A timeline entry in the archive. It keeps its id, and is shown and hidden like a live one."""

    id = models.BigIntegerField(primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="archived_activities",
        db_index=False,
    )
    archived_at = models.DateTimeField(db_default=DatabaseNow(), editable=False)

    class Meta:
        verbose_name_plural = "archived user activities"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "activity_type", "dedupe_key"],
                name="user_profile_archived_activity_once",
            ),
            models.CheckConstraint(
                condition=Q(visibility__in=["PUBLIC", "FOLLOWERS", "PRIVATE"]),
                name="user_profile_archived_activity_visibility",
            ),
        ]
        indexes = [
            models.Index("user", F("created_at").desc(), F("id").desc(), name="archived_activity_timeline"),
            models.Index(
                "user",
                F("created_at").desc(),
                F("id").desc(),
                condition=Q(visibility="PRIVATE"),
                name="archived_activity_hidden",
            ),
            models.Index(
                "user",
                "activity_type",
                F("created_at").desc(),
                F("id").desc(),
                name="archived_activity_of_type",
            ),
        ]
