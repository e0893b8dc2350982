from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from deltacrown.core.deletion import refuse_deletion
from deltacrown.teams.models import Team
from deltacrown.tournaments.models.tournament import Tournament
from django_tally.database_clock import DatabaseNow
from django_tally.fields import RecordedAt


class ParticipationQuerySet(models.QuerySet[Any]):
    """Filters for registrations."""

    def standing(self) -> ParticipationQuerySet:
        """Keep registrations that are neither withdrawn nor disqualified."""
        return self.filter(status__in=TournamentParticipation.STANDING)


class TournamentParticipation(models.Model):
    """A player's registration for a tournament. It is kept when the tournament is cancelled."""

    class Status(models.TextChoices):
        REGISTERED = "REGISTERED", _("Registered")
        CHECKED_IN = "CHECKED_IN", pgettext_lazy("status", "Checked in")
        WITHDRAWN = "WITHDRAWN", _("Withdrawn")
        DISQUALIFIED = "DISQUALIFIED", _("Disqualified")

    #: The statuses of registrations that stand.
    STANDING = (Status.REGISTERED, Status.CHECKED_IN)

    tournament = models.ForeignKey(Tournament, refuse_deletion, related_name="participations", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, refuse_deletion, related_name="tournament_participations", db_index=False
    )
    team = models.ForeignKey(
        Team, refuse_deletion, null=True, blank=True, related_name="tournament_participations"
    )
    status = models.CharField(
        max_length=12, choices=Status, default=Status.REGISTERED, db_default=Status.REGISTERED
    )
    withdrawn_from = models.CharField(
        max_length=12,
        blank=True,
        default="",
        db_default="",
        help_text="The status before the entrant withdrew; empty for a player whom a new roster left out.",
    )
    disqualified_from = models.CharField(
        max_length=12,
        blank=True,
        default="",
        db_default="",
        help_text="The status before a disqualification.",
    )
    registered_at = models.DateTimeField(db_default=DatabaseNow())
    recorded_at = RecordedAt()

    objects = ParticipationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "tournament"], name="tournaments_participation_once"),
            models.CheckConstraint(
                condition=Q(status__in=["REGISTERED", "CHECKED_IN", "WITHDRAWN", "DISQUALIFIED"]),
                name="tournaments_participation_status",
            ),
        ]
        indexes = [
            models.Index("user", F("registered_at").desc(), F("id").desc(), name="tournaments_of_user"),
            models.Index(fields=["tournament", "team"], name="tournaments_entrants"),
            models.Index(fields=["tournament", "registered_at", "id"], name="tournaments_registered"),
            models.Index("user", F("recorded_at").desc(), F("id").desc(), name="participation_recorded"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.tournament_id}"

    @property
    def stands(self) -> bool:
        """Whether it was neither withdrawn nor disqualified."""
        return self.status in self.STANDING

    @property
    def has_left_roster(self) -> bool:
        """Whether the player left the roster of a team, and did not withdraw with it."""
        is_out = self.status == self.Status.WITHDRAWN
        return is_out and self.team_id is not None and not self.withdrawn_from
