from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from django_tally.database_clock import DatabaseNow


class Team(models.Model):
    """A team. Its members change over time: see ``TeamMembership``."""

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(db_default=DatabaseNow(), editable=False)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="teams_team_name_ci",
                violation_error_message="A team of that name exists already.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class TeamMembership(models.Model):
    """The period a player spent in a team. ``left_at`` is null while the player is in it."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="team_memberships", db_index=False
    )
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "user"], condition=Q(left_at__isnull=True), name="teams_membership_one_open"
            ),
            models.CheckConstraint(
                condition=Q(left_at__isnull=True) | Q(left_at__gte=F("joined_at")),
                name="teams_membership_dates",
            ),
        ]
        indexes = [
            models.Index("user", F("joined_at").desc(), F("id").desc(), name="teams_membership_of_user")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.team_id}"
