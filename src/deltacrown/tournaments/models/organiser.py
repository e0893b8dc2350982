from __future__ import annotations

from django.conf import settings
from django.db import models

from deltacrown.tournaments.models.tournament import Tournament
from django_tally.database_clock import DatabaseNow


class TournamentOrganiser(models.Model):
    """Somebody who runs a tournament beside its organiser."""

    tournament = models.ForeignKey(Tournament, models.CASCADE, related_name="co_organisers", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="co_organised")
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    added_at = models.DateTimeField(db_default=DatabaseNow())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tournament", "user"], name="tournaments_organiser_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.tournament_id}"
