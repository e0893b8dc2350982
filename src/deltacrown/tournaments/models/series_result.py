from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from deltacrown.core.deletion import refuse_deletion
from deltacrown.games.models import Game
from deltacrown.teams.models import Team
from deltacrown.tournaments.models.tournament import Tournament
from django_tally.fields import RecordedAt


class TournamentSeriesResult(models.Model):
    """What a player's side made of a series of games (a best of five): one result over its games.

    It follows from the games and is never reported by itself: ``sync_series`` writes it whenever they change.
    One that is not decided, or of which no game counts, counts nowhere and says why.
    """

    instead_of_deletion = "Void or correct its games instead: the series follows from them."

    class Result(models.TextChoices):
        WIN = "WIN", _("Win")
        LOSS = "LOSS", _("Loss")
        DRAW = "DRAW", _("Draw")
        NONE = "NONE", _("No result")

    tournament = models.ForeignKey(Tournament, refuse_deletion, related_name="series_results", db_index=False)
    series = models.CharField(max_length=100)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, refuse_deletion, related_name="series_results", db_index=False
    )
    game = models.ForeignKey(
        Game, refuse_deletion, related_name="series_results", help_text="The tournament's."
    )
    team = models.ForeignKey(Team, refuse_deletion, null=True, blank=True, related_name="series_results")
    opponent_team = models.ForeignKey(
        Team, refuse_deletion, null=True, blank=True, related_name="opponent_series_results"
    )
    opponent_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        refuse_deletion,
        null=True,
        blank=True,
        related_name="opponent_series_results",
    )
    round = models.CharField(max_length=100, blank=True, default="", db_default="")
    best_of = models.PositiveIntegerField(
        null=True, blank=True, help_text="The most games it was set for; empty where nobody said."
    )
    result = models.CharField(max_length=4, choices=Result)
    games_won = models.PositiveIntegerField(help_text="Games that the player's side alone won.")
    games_lost = models.PositiveIntegerField(help_text="Games that the other side alone won.")
    games_drawn = models.PositiveIntegerField(help_text="Games that nobody, or both sides, won.")
    games_played = models.PositiveIntegerField(
        help_text="Games that the player was in: fewer for a substitute."
    )
    uncounted_reason = models.CharField(
        max_length=500,
        blank=True,
        default="",
        db_default="",
        help_text="Why it counts nowhere: it is undecided, or no game of it counts.",
    )
    started_at = models.DateTimeField(help_text="When its first game was played.")
    played_at = models.DateTimeField(help_text="When its last game was played.")
    is_time_known = models.BooleanField(default=True, db_default=True)
    recorded_at = RecordedAt()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tournament", "series", "user"], name="tournaments_series_once"),
            models.CheckConstraint(condition=~Q(series=""), name="tournaments_series_named"),
            models.CheckConstraint(
                condition=Q(result__in=["WIN", "LOSS", "DRAW", "NONE"]), name="tournaments_series_result"
            ),
            models.CheckConstraint(
                condition=~Q(result="NONE") | ~Q(uncounted_reason=""), name="tournaments_series_uncounted"
            ),
            models.CheckConstraint(
                condition=Q(best_of__isnull=True) | Q(best_of__gte=1), name="tournaments_series_best_of"
            ),
        ]
        indexes = [
            models.Index("user", F("played_at").desc(), F("id").desc(), name="series_history"),
            models.Index("user", F("recorded_at").desc(), F("id").desc(), name="series_recorded"),
        ]

    def __str__(self) -> str:
        return f"{self.tournament_id} {self.series}: {self.user_id} {self.result}"

    @property
    def counts(self) -> bool:
        """Whether it counts for numbers."""
        return not self.uncounted_reason

    @property
    def score(self) -> str:
        """Return the games as the player's side has them: ``3–1``, or ``1–0, 2 drawn``."""
        decided = f"{self.games_won}–{self.games_lost}"
        if not self.games_drawn:
            return decided
        return gettext("%(score)s, %(n)s drawn") % {"score": decided, "n": self.games_drawn}
