from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from deltacrown.core.deletion import refuse_deletion
from deltacrown.tournaments.models.tournament import Tournament
from django_tally.database_clock import DatabaseNow


class TournamentDecision(models.Model):
    """What was decided about a completed tournament as a whole: when, why, and by whom. Rows never change."""

    class Kind(models.TextChoices):
        ANNULLED = "ANNULLED", _("Annulled")
        ANNULMENT_LIFTED = "ANNULMENT_LIFTED", _("Annulment lifted")
        REOPENED = "REOPENED", _("Reopened")

    tournament = models.ForeignKey(Tournament, refuse_deletion, related_name="decisions", db_index=False)
    kind = models.CharField(max_length=16, choices=Kind)
    reason = models.CharField(max_length=500)
    decided_at = models.DateTimeField(db_default=DatabaseNow())
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["ANNULLED", "ANNULMENT_LIFTED", "REOPENED"]),
                name="tournaments_decision_kind",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="tournaments_decision_reason"),
        ]
        indexes = [
            models.Index("tournament", F("decided_at").desc(), F("id").desc(), name="tournaments_decisions"),
        ]

    def __str__(self) -> str:
        return f"{self.tournament_id}: {self.kind}"
