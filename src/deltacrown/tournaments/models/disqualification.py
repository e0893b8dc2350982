from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from deltacrown.core.deletion import refuse_deletion
from deltacrown.teams.models import Team
from deltacrown.tournaments.models.tournament import Tournament
from django_tally.database_clock import DatabaseNow


class DisqualificationQuerySet(models.QuerySet[Any]):
    """Filters for disqualifications."""

    def standing(self) -> DisqualificationQuerySet:
        """Keep the disqualifications that were not lifted."""
        return self.filter(lifted_at__isnull=True)


class Disqualification(models.Model):
    """The ruling that an entrant is out, and its lifting. Its reason is told of the entrant only.

    What it took is kept where it was taken: ``disqualified_from`` of the registrations, and
    ``published_placement`` and ``withheld_prize`` of the results.
    """

    tournament = models.ForeignKey(Tournament, refuse_deletion, related_name="disqualifications")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        refuse_deletion,
        null=True,
        blank=True,
        related_name="disqualifications",
        help_text="The entrant of a solo event.",
    )
    team = models.ForeignKey(
        Team,
        refuse_deletion,
        null=True,
        blank=True,
        related_name="disqualifications",
        help_text="The entrant of a team event.",
    )
    reason = models.CharField(max_length=500)
    decided_at = models.DateTimeField(db_default=DatabaseNow())
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    lifted_at = models.DateTimeField(null=True, blank=True)
    lift_reason = models.CharField(max_length=500, blank=True, default="", db_default="")
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = DisqualificationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=True, team__isnull=False) | Q(user__isnull=False, team__isnull=True),
                name="tournaments_disqualification_entrant",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="tournaments_disqualification_reason"),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, lift_reason="")
                | (Q(lifted_at__isnull=False) & ~Q(lift_reason="")),
                name="tournaments_disqualification_lifted",
            ),
            models.UniqueConstraint(
                fields=["tournament", "user"],
                condition=Q(lifted_at__isnull=True, user__isnull=False),
                name="tournaments_disqualified_user",
            ),
            models.UniqueConstraint(
                fields=["tournament", "team"],
                condition=Q(lifted_at__isnull=True, team__isnull=False),
                name="tournaments_disqualified_team",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id or self.team_id} at {self.tournament_id}"
