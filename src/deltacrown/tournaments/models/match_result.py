from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from deltacrown.core.deletion import refuse_deletion
from deltacrown.core.told_json import ToldJSONField
from deltacrown.games.models import Match
from deltacrown.teams.models import Team
from deltacrown.tournaments.models.tournament import Tournament


class TournamentMatchResult(models.Model):
    """The tournament's data about one player's match row: round, series, map and opponent.

    The player's own numbers are on the match row (``Match.stats``); ``stats`` here describes the match
    (mode, duration). The foreign key to the match has no database constraint, so that it stays valid
    when the row moves into the archive, where it keeps its id.
    """

    tournament = models.ForeignKey(Tournament, refuse_deletion, related_name="match_results", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, refuse_deletion, related_name="tournament_match_results", db_index=False
    )
    match = models.OneToOneField(Match, models.CASCADE, related_name="tournament_result", db_constraint=False)
    team = models.ForeignKey(Team, refuse_deletion, null=True, blank=True, related_name="match_results")
    opponent_team = models.ForeignKey(
        Team, refuse_deletion, null=True, blank=True, related_name="opponent_match_results"
    )
    opponent_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        refuse_deletion,
        null=True,
        blank=True,
        related_name="opponent_match_results",
    )
    round = models.CharField(max_length=100, blank=True, default="", db_default="")
    series = models.CharField(
        max_length=100, blank=True, default="", db_default="", help_text="Unique within its tournament."
    )
    best_of = models.PositiveIntegerField(
        null=True, blank=True, help_text="The most games the series was set for, as told with this one."
    )
    map_name = models.CharField(max_length=100, blank=True, default="", db_default="")
    stats = ToldJSONField(default=dict, blank=True, db_default={})

    class Meta:
        indexes = [
            models.Index(fields=["tournament", "series"], name="tournaments_match_series"),
            models.Index(fields=["user", "tournament"], name="tournaments_match_of_user"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(best_of__isnull=True) | Q(best_of__gte=1, series__gt=""),
                name="tournaments_match_best_of",
            )
        ]

    def __str__(self) -> str:
        return f"{self.tournament_id} {self.round}: match {self.match_id}"
