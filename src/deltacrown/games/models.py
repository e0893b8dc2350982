from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from deltacrown.core.days import add_days, start_of_day, starts_a_day
from deltacrown.core.deletion import refuse_deletion
from deltacrown.core.former_names import FormerName, Rename
from deltacrown.core.natural_order import NumberedKey
from deltacrown.core.told_json import ToldJSONField
from django_tally.database_clock import DatabaseNow
from django_tally.fields import RecordedAt


class Game(models.Model):
    """A game that matches are played in."""

    instead_of_deletion = "Keep it, and void the matches that should not count."

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    counts_forfeits = models.BooleanField(
        default=True,
        db_default=True,
        help_text="Matches decided by forfeit count. A tournament may have a rule of its own.",
    )

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class FormerGameName(FormerName):
    """A slug or a name that a game had. A former slug finds it as long as no other game has it."""

    owner = models.ForeignKey(Game, models.CASCADE, related_name="former_names", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "key", "name"], name="games_formergamename_once")
        ]
        indexes = [models.Index(fields=["key"], name="games_formergamename_key")]


#: The names that are kept after they were given up.
RENAMES = [Rename(FormerGameName, "slug"), Rename(FormerGameName, "name")]


class Season(models.Model):
    """A named period of whole days in UTC, of one game or of all: boards, charts and filters go by it.

    Seasons may overlap, as a season and its playoffs do.
    """

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    starts_at = models.DateTimeField(help_text="The midnight, in UTC, at which the first day begins.")
    ends_at = models.DateTimeField(help_text="The midnight, in UTC, at which the last day ends.")
    game = models.ForeignKey(
        Game, models.CASCADE, null=True, blank=True, related_name="seasons", help_text="Empty: of all games."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="games_season_has_days")
        ]
        indexes = [models.Index(F("starts_at").desc(), F("slug"), name="games_season_latest")]

    def __str__(self) -> str:
        return self.name

    @property
    def since(self) -> datetime:
        """Return the midnight at which its first day begins.

        Numbers of players who hide a history are told by the day, so whatever wrote a time within one, whole
        days are counted.
        """
        return start_of_day(self.starts_at)

    @property
    def until(self) -> datetime:
        """Return the midnight at which its last day ends; what happens then is of the next day."""
        is_whole = starts_a_day(self.ends_at)
        return self.ends_at if is_whole else add_days(start_of_day(self.ends_at), days=1)

    def covers(self, time: str, game: str = "game", *, is_later_page: bool = False) -> Q:
        """Return the condition that a row's time lies on its days, in its game where it is of one.

        :param time: the path to the time; ``game`` that to the game.
        :param is_later_page: the rows begin at a cursor, latest first, which lies before the end already. Of
            two such bounds SQLite would search by this one, and read all the pages before.
        """
        of_game = Q(**{game: self.game_id}) if self.game_id else Q()
        before = Q() if is_later_page else Q(**{f"{time}__lt": self.until})
        return Q(**{f"{time}__gte": self.since}) & before & of_game


#: The match rows that do not count for numbers, and those that do, as conditions on columns of the row.
LEFT_OUT = Q(voided_at__isnull=False) | ~Q(uncounted_reason="")
COUNTS = Q(voided_at__isnull=True, uncounted_reason="")
#: ``COUNTS`` in SQL.
COUNTS_SQL = "voided_at IS NULL AND uncounted_reason = ''"


class MatchQuerySet(models.QuerySet[Any]):
    """Filters for match rows, live and archived."""

    def counted(self) -> MatchQuerySet:
        """Keep the rows that count for numbers."""
        return self.filter(COUNTS)

    def of_match(self, game: Game, match_key: str) -> MatchQuerySet:
        """Keep the lines of one match, one per player."""
        return self.filter(game=game, match_key=match_key)


class MatchRow(models.Model):
    """One player's line of a match. All lines of a match have the same ``game`` and ``match_key``."""

    instead_of_deletion = "Void the match instead, with void_match."

    class Result(models.TextChoices):
        WIN = "WIN", _("Win")
        LOSS = "LOSS", _("Loss")
        DRAW = "DRAW", _("Draw")
        NONE = "NONE", _("No result")

    class EndedBy(models.TextChoices):
        PLAY = "PLAY", pgettext_lazy("how a match ended", "Play")
        FORFEIT = "FORFEIT", _("Forfeit")
        BYE = "BYE", _("Bye")
        RETIRED = "RETIRED", _("Retirement")
        DISQUALIFIED = "DISQUALIFIED", _("Disqualification")
        ABANDONED = "ABANDONED", _("Abandoned")

    class Kind(models.TextChoices):
        CASUAL = "CASUAL", _("Casual")
        TOURNAMENT = "TOURNAMENT", _("Tournament")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, refuse_deletion, related_name="%(class)s_rows", db_index=False
    )
    game = models.ForeignKey(Game, refuse_deletion, related_name="%(class)s_rows", db_index=False)
    match_key = models.CharField(
        max_length=100, help_text="Shared by all lines of a match, and by every retry to record it."
    )
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.CASUAL, db_default=Kind.CASUAL)
    side = models.CharField(
        max_length=120, blank=True, default="", db_default="", help_text="The player's team or side."
    )
    result = models.CharField(max_length=4, choices=Result)
    score = models.CharField(
        max_length=100,
        blank=True,
        default="",
        db_default="",
        help_text="The score of the player's side, as the game writes it: 13, 6-1 7-5, 2½.",
    )
    placement = models.PositiveIntegerField(
        null=True, blank=True, help_text="The place among all of the match: 5 for the fifth of 20."
    )
    ended_by = models.CharField(
        max_length=12,
        choices=EndedBy,
        default=EndedBy.PLAY,
        db_default=EndedBy.PLAY,
        help_text="How the match ended for the player.",
    )
    uncounted_reason = models.CharField(
        max_length=500,
        blank=True,
        default="",
        db_default="",
        help_text="Why the row counts nowhere, though it is not void: a bye, a friendly.",
    )
    sequence = models.PositiveIntegerField(
        null=True, blank=True, help_text="The order among matches of the same time."
    )
    stats = ToldJSONField(
        default=dict, blank=True, db_default={}, help_text="What the game reported of this player."
    )
    played_at = models.DateTimeField()
    is_time_known = models.BooleanField(
        default=True,
        db_default=True,
        help_text="Off where the day alone is known: played_at is the start of that day then, in UTC.",
    )
    recorded_at = RecordedAt()
    voided_at = models.DateTimeField(null=True, blank=True)
    void_reason = models.CharField(max_length=500, blank=True, default="", db_default="")
    are_players_settled = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="A correction said who played: later deliveries add nobody.",
    )

    objects = MatchQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["game", "match_key", "user"], name="%(app_label)s_%(class)s_once"
            ),
            models.CheckConstraint(
                condition=Q(result__in=["WIN", "LOSS", "DRAW", "NONE"]), name="%(app_label)s_%(class)s_result"
            ),
            models.CheckConstraint(
                condition=Q(ended_by__in=["PLAY", "FORFEIT", "BYE", "RETIRED", "DISQUALIFIED", "ABANDONED"]),
                name="%(app_label)s_%(class)s_ended_by",
            ),
            models.CheckConstraint(
                condition=Q(placement__isnull=True) | Q(placement__gte=1),
                name="%(app_label)s_%(class)s_placement",
            ),
            # What never counts says so in the row itself, so that no number needs to know these rules.
            models.CheckConstraint(
                condition=~Q(uncounted_reason="")
                | (~Q(result="NONE") & ~Q(ended_by__in=["BYE", "ABANDONED"])),
                name="%(app_label)s_%(class)s_uncounted",
            ),
            models.CheckConstraint(
                condition=~Q(ended_by="ABANDONED") | Q(result="NONE"),
                name="%(app_label)s_%(class)s_abandoned",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["CASUAL", "TOURNAMENT"]), name="%(app_label)s_%(class)s_kind"
            ),
            models.CheckConstraint(condition=~Q(match_key=""), name="%(app_label)s_%(class)s_key"),
            models.CheckConstraint(
                condition=Q(voided_at__isnull=True, void_reason="")
                | (Q(voided_at__isnull=False) & ~Q(void_reason="")),
                name="%(app_label)s_%(class)s_void_has_reason",
            ),
        ]
        indexes = [
            models.Index("user", F("played_at").desc(), F("id").desc(), name="%(class)s_history"),
            models.Index(
                "user", "game", F("played_at").desc(), F("id").desc(), name="%(class)s_game_history"
            ),
            models.Index("user", F("recorded_at").desc(), F("id").desc(), name="%(class)s_recorded"),
            # This index covers a player's numbers as of a time and over periods.
            models.Index("user", "played_at", "game", "result", name="%(class)s_counted", condition=COUNTS),
            # This index covers leaderboards for a period: they are counted without reading the table.
            models.Index("played_at", "user", "game", "result", name="%(class)s_played", condition=COUNTS),
            # This index covers verification: every number is recounted in its order, without sorting, and
            # without the table. Equal entries share one, so that it is the smallest of them.
            models.Index("user", "game", "result", name="%(class)s_recount", condition=COUNTS),
            # The few that do not count, for the lists of those alone.
            models.Index(fields=["id"], name="%(class)s_left_out", condition=LEFT_OUT),
            # Those of one player, for what a number leaves out.
            models.Index(
                "user",
                F("recorded_at").desc(),
                F("id").desc(),
                name="%(class)s_omitted",
                condition=LEFT_OUT,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.match_key}: {self.user_id} {self.result}"

    @property
    def is_voided(self) -> bool:
        return self.voided_at is not None

    @property
    def counts(self) -> bool:
        """Return whether the row counts for numbers, as ``COUNTS`` says it."""
        return self.voided_at is None and not self.uncounted_reason


class Match(MatchRow):
    """A match row in the live table."""

    class Meta(MatchRow.Meta):
        verbose_name_plural = "matches"


class ArchivedMatch(MatchRow):
    """A match row in the archive. It keeps its id, counts, and is shown like a live one."""

    id = models.BigIntegerField(primary_key=True)
    #: Its history continues under the name of the live table, because the ids are the same.
    history_of = "games.Match"

    archived_at = models.DateTimeField(db_default=DatabaseNow(), editable=False)

    class Meta(MatchRow.Meta):
        verbose_name_plural = "archived matches"


#: The live table and its archive, to be read in this order: rows move only into the archive, so a row that
#: moves between the two reads is read twice, never missed.
MATCH_TABLES: tuple[type[Match], type[ArchivedMatch]] = (Match, ArchivedMatch)


def list_match_sources(*conditions: Any, **filters: Any) -> list[MatchQuerySet]:
    """Return querysets of the matching rows: one of the live table, then one of the archive."""
    return [table.objects.filter(*conditions, **filters) for table in MATCH_TABLES]


def add_play_order(rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """Add ``play_order`` to one player's match rows: it orders the matches of one ``played_at``.

    It follows from the facts alone: from the sequence, without one before those with one; then from the match
    key, and from the game where one key is in two games. Never from the id, which follows from the delivery.
    """
    ordered: models.QuerySet[Any] = rows.annotate(
        play_order=NumberedKey("sequence", "match_key", "game__slug")
    )
    return ordered
