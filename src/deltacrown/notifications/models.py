from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from deltacrown.games.models import Match
from deltacrown.moderation.models import Dispute
from deltacrown.tournaments.models import Tournament
from deltacrown.user_profile.models import Achievement
from django_tally.database_clock import DatabaseNow

LONGEST_KIND = 24
LONGEST_FACT = 120


class Notification(models.Model):
    """Something that a player is told. It says of what kind it is and what it is about, and holds no text.

    Only its player sees it. What it says, and whether it is shown at all, is decided when it is read, by what
    is there then and by what its player may see then: see ``kinds``.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications", db_index=False
    )
    kind = models.CharField(max_length=LONGEST_KIND)
    fact = models.CharField(
        max_length=LONGEST_FACT, help_text="Names the fact; a player is told of it once in each kind."
    )
    happened_at = models.DateTimeField(help_text="When what it tells happened.")
    told_at = models.DateTimeField(db_default=DatabaseNow(), editable=False)
    read_at = models.DateTimeField(null=True, blank=True)
    mail_claimed_at = models.DateTimeField(
        null=True, blank=True, help_text="When a run of the job began to mail it."
    )
    mailed_at = models.DateTimeField(null=True, blank=True)

    # A line keeps its id in the archive, where no foreign key reaches.
    match = models.ForeignKey(
        Match, models.DO_NOTHING, null=True, blank=True, related_name="+", db_constraint=False, db_index=False
    )
    tournament = models.ForeignKey(Tournament, models.CASCADE, null=True, blank=True, related_name="+")
    dispute = models.ForeignKey(Dispute, models.CASCADE, null=True, blank=True, related_name="+")
    achievement = models.ForeignKey(Achievement, models.CASCADE, null=True, blank=True, related_name="+")
    other = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="Another player whom it is about.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind", "fact"], name="notifications_once"),
            models.CheckConstraint(condition=~Q(fact=""), name="notifications_fact"),
        ]
        indexes = [
            models.Index("user", F("told_at").desc(), F("id").desc(), name="notifications_of_user"),
            # The head of every page counts these.
            models.Index(fields=["user"], name="notifications_unread", condition=Q(read_at__isnull=True)),
            models.Index(fields=["told_at"], name="notifications_waiting", condition=Q(read_at__isnull=True)),
            models.Index(fields=["read_at"], name="notifications_read", condition=Q(read_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.fact} to {self.user_id}"


class NotificationChoice(models.Model):
    """How a player wants to be told of a kind; without a row, on the site and not by mail."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notification_choices", db_index=False
    )
    kind = models.CharField(max_length=LONGEST_KIND)
    on_site = models.BooleanField(default=True, db_default=True)
    mail_since = models.DateTimeField(
        null=True, blank=True, help_text="Since when it is mailed, too; what was told before is not."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="notifications_choice_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.user_id}"
