from __future__ import annotations

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from deltacrown.games.models import Game
from deltacrown.user_profile.stats import GameNumbers, PlayerStats
from django_tally.database_clock import DatabaseNow
from django_tally.fields import HolderQuerySet

#: Matches a player must have played to be ranked by a rate: without it, one lucky match would lead.
RATE_SAMPLE = 10


class UserProfile(PlayerStats):
    """A player as others see them: identity, settings, and the cached numbers of the catalogue.

    The database makes it together with its user (``provisioning``). Its primary key is the user,
    so that fixtures, which carry keys, load onto the row already made.
    """

    stat_keys = ("user",)
    stat_rows_on_demand = False

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="profile"
    )
    public_id = models.CharField(
        max_length=20, unique=True, editable=False, help_text="DC-YY-NNNNNN; never changes, never reused."
    )
    display_name = models.CharField(max_length=60, blank=True, default="", db_default="")
    bio = models.TextField(max_length=1000, blank=True, default="", db_default="")
    country = models.CharField(
        max_length=2,
        blank=True,
        default="",
        db_default="",
        validators=[RegexValidator(r"^[A-Z]{2}$", "Two capital letters, as in ISO 3166-1: DE, BR, KR.")],
    )
    created_at = models.DateTimeField(db_default=DatabaseNow(), editable=False)

    objects = HolderQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(F("total_matches_played").desc(), "public_id", name="profile_by_played"),
            models.Index(F("matches_won").desc(), "public_id", name="profile_by_won"),
            models.Index(F("tournaments_won").desc(), "public_id", name="profile_by_titles"),
            models.Index(F("overall_win_rate").desc(), "public_id", name="profile_by_win_rate"),
            models.Index(F("tournaments_participated").desc(), "public_id", name="profile_by_entered"),
            models.Index(F("achievement_count").desc(), "public_id", name="profile_by_achievements"),
            models.Index(F("experience_points").desc(), "public_id", name="profile_by_experience"),
            models.Index("average_placement", "public_id", name="profile_by_placement"),
            models.Index(
                F("overall_win_rate").desc(),
                "public_id",
                name="profile_ranked_by_win_rate",
                condition=Q(total_matches_played__gte=RATE_SAMPLE),
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def name(self) -> str:
        """What to call the player: the display name, or the username when there is none."""
        return self.display_name or self.user.username


class GameStats(GameNumbers):
    """A player's numbers in one game; the database makes the row with the first match in it."""

    stat_keys = ("user", "game")
    stat_rows_on_demand = True

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="game_stats", db_index=False
    )
    game = models.ForeignKey(Game, models.CASCADE, related_name="player_stats", db_index=False)

    objects = HolderQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "game stats"
        constraints = [models.UniqueConstraint(fields=["user", "game"], name="user_profile_gamestats_once")]
        indexes = [
            models.Index("game", F("matches_played").desc(), "user", name="gamestats_by_played"),
            models.Index("game", F("matches_won").desc(), "user", name="gamestats_by_won"),
            models.Index("game", F("win_rate").desc(), "user", name="gamestats_by_win_rate"),
            models.Index(
                "game",
                F("win_rate").desc(),
                "user",
                name="gamestats_ranked_by_win_rate",
                condition=Q(matches_played__gte=RATE_SAMPLE),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.game_id}"


class PrivacySettings(models.Model):
    """What a player lets others see; made together with the user. Only ``privacy_service`` reads it to decide."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="privacy_settings"
    )
    show_match_history = models.BooleanField(default=True, db_default=True)
    show_tournament_stats = models.BooleanField(default=True, db_default=True)

    class Meta:
        verbose_name_plural = "privacy settings"

    def __str__(self) -> str:
        return f"privacy of {self.user_id}"


class PublicIdCounter(models.Model):
    """The last public id number given out in a year; the database counts it up as users are made."""

    year = models.PositiveSmallIntegerField(primary_key=True, help_text="The last two digits.")
    last = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.year:02d}: {self.last}"
