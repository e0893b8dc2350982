from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from deltacrown.core.deletion import refuse_deletion
from django_tally.database_clock import DatabaseNow


class Standing(models.TextChoices):
    """Whether a player takes part, and why not. Only who is ACTIVE is listed anywhere."""

    ACTIVE = "ACTIVE", pgettext_lazy("standing of a player", "Active")
    SUSPENDED = "SUSPENDED", pgettext_lazy("standing of a player", "Suspended")
    CLOSED = "CLOSED", pgettext_lazy("standing of a player", "Closed")
    MERGED = "MERGED", pgettext_lazy("standing of a player", "Merged into another account")
    ANONYMISED = "ANONYMISED", pgettext_lazy("standing of a player", "Anonymised")


class StandingChange(models.Model):
    """One change of a player's standing: what to, until when, why and by whom."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="standing_changes", db_index=False
    )
    standing = models.CharField(max_length=10, choices=Standing, help_text="What it became.")
    until = models.DateTimeField(
        null=True, blank=True, help_text="When a suspension ends, or a closed account is anonymised."
    )
    reason = models.CharField(max_length=500, blank=True, default="", db_default="")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        refuse_deletion,
        null=True,
        blank=True,
        related_name="standing_decisions",
        db_index=False,
        help_text="Who; empty for what happens by itself.",
    )
    changed_at = models.DateTimeField(db_default=DatabaseNow(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(standing__in=Standing.values), name="user_profile_standing_change_kind"
            )
        ]
        indexes = [
            models.Index("user", F("changed_at").desc(), F("id").desc(), name="standing_changes_of_user"),
            models.Index(fields=["decided_by"], name="standing_changes_decided_by"),
        ]
        permissions = [
            ("suspend_players", "Can suspend players, lift suspensions, close and reopen accounts"),
            ("merge_players", "Can merge accounts of one player, and undo it"),
            ("anonymise_players", "Can anonymise players, which cannot be undone"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.standing}"
