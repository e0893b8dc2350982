from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from deltacrown.core.deletion import refuse_deletion
from deltacrown.core.told_json import ToldJSONField
from deltacrown.teams.models import Team
from deltacrown.tournaments.models.tournament import Tournament
from django_tally.database_clock import DatabaseNow
from django_tally.fields import RecordedAt

#: The last placement on the podium.
LAST_OF_PODIUM = 3


class ResultQuerySet(models.QuerySet[Any]):
    """Filters for official results."""

    def on_podium(self) -> ResultQuerySet:
        """Keep the results of placement 3 or better that count."""
        return self.filter(placement__lte=LAST_OF_PODIUM, uncounted_reason="")


class TournamentResult(models.Model):
    """The official final result of a player (solo events), of a team, or of a member of a team's roster.

    Placements are kept as published: shared ones, gaps, ranges (``placement`` to ``placement_to``). An
    entrant without one is unranked, and ``unplaced_reason`` may say why.

    A disqualified entrant keeps the row, but has no placement. ``published_placement`` is the placement
    before any disqualification, to ``published_placement_to`` where it is a range: ``placement`` follows from
    it and from who is disqualified. It is null while nobody was disqualified after the end, and then means
    the same as ``placement``.
    """

    instead_of_deletion = "Correct the result or disqualify the entrant instead."

    tournament = models.ForeignKey(Tournament, refuse_deletion, related_name="results", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        refuse_deletion,
        null=True,
        blank=True,
        related_name="tournament_results",
        db_index=False,
    )
    team = models.ForeignKey(Team, refuse_deletion, null=True, blank=True, related_name="tournament_results")
    placement = models.PositiveIntegerField(
        null=True, blank=True, help_text="1 is the winner; ties share one."
    )
    placement_to = models.PositiveIntegerField(
        null=True, blank=True, help_text="The last place of a shared range: 8 for 5 to 8."
    )
    unplaced_reason = models.CharField(
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text="Why there is no placement: not classified, did not start.",
    )
    uncounted_reason = models.CharField(
        max_length=500,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="Why the result counts nowhere, though it is kept: the tournament was annulled.",
    )
    published_placement = models.PositiveIntegerField(
        null=True, blank=True, editable=False, help_text="The placement before any disqualification."
    )
    published_placement_to = models.PositiveIntegerField(
        null=True,
        blank=True,
        editable=False,
        help_text="The last place of the range before any disqualification.",
    )
    prize_amount = models.DecimalField(max_digits=12, decimal_places=2, default=0, db_default=0)
    withheld_prize = models.DecimalField(
        max_digits=12,
        decimal_places=2,
        default=0,
        db_default=0,
        editable=False,
        help_text="The prize that a disqualification took.",
    )
    stats = ToldJSONField(default=dict, blank=True, db_default={})
    disqualified_at = models.DateTimeField(null=True, blank=True)
    disqualified_reason = models.CharField(max_length=500, blank=True, default="", db_default="")
    decided_at = models.DateTimeField(db_default=DatabaseNow(), help_text="When the result became official.")
    recorded_at = RecordedAt()

    objects = ResultQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "tournament"],
                condition=Q(user__isnull=False),
                name="tournaments_result_user_once",
            ),
            models.UniqueConstraint(
                fields=["tournament", "team"],
                condition=Q(user__isnull=True),
                name="tournaments_result_team_once",
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=False) | Q(team__isnull=False), name="tournaments_result_has_owner"
            ),
            models.CheckConstraint(
                condition=Q(placement__isnull=True) | Q(placement__gte=1), name="tournaments_result_placement"
            ),
            models.CheckConstraint(condition=Q(prize_amount__gte=0), name="tournaments_result_prize"),
            models.CheckConstraint(
                condition=Q(disqualified_at__isnull=True, disqualified_reason="")
                | (Q(disqualified_at__isnull=False, placement__isnull=True) & ~Q(disqualified_reason="")),
                name="tournaments_result_placed_or_disqualified",
            ),
            models.CheckConstraint(
                condition=Q(placement_to__isnull=True) | Q(placement_to__gte=F("placement")),
                name="tournaments_result_range",
            ),
            models.CheckConstraint(
                condition=Q(placement__isnull=True) | Q(unplaced_reason=""),
                name="tournaments_result_unplaced",
            ),
            models.CheckConstraint(
                condition=Q(placement_to__isnull=True) | Q(placement__isnull=False),
                name="tournaments_result_range_begins",
            ),
            models.CheckConstraint(
                condition=Q(published_placement_to__isnull=True)
                | Q(published_placement__isnull=False, published_placement_to__gte=F("published_placement")),
                name="tournaments_result_published_range",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "placement"], name="tournaments_result_placings"),
            models.Index("user", F("recorded_at").desc(), F("id").desc(), name="result_recorded"),
            models.Index(fields=["user", "tournament"], name="tournaments_result_of_user"),
            models.Index(fields=["tournament", "placement", "id"], name="tournaments_result_table"),
        ]

    def __str__(self) -> str:
        out = "disqualified" if self.disqualified_at else "unranked"
        return f"{self.tournament_id}: {self.placement or out}"
