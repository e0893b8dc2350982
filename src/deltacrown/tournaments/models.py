from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from deltacrown.core.deletion import refuse_deletion
from deltacrown.core.former_names import FormerName, Rename
from deltacrown.games.models import Game, Match
from deltacrown.teams.models import Team
from django_tally.database_clock import DatabaseNow
from django_tally.fields import RecordedAt


class Tournament(models.Model):
    """An event with entrants, matches and official results."""

    instead_of_deletion = "Cancel it instead, if it is not completed; correct its results, if it is."

    class Status(models.TextChoices):
        DRAFT = "DRAFT", "Draft"
        OPEN = "OPEN", "Registration open"
        RUNNING = "RUNNING", "Running"
        COMPLETED = "COMPLETED", "Completed"
        CANCELLED = "CANCELLED", "Cancelled"

    class EntrantKind(models.TextChoices):
        SOLO = "SOLO", "Solo"
        TEAM = "TEAM", "Team"

    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=160)
    game = models.ForeignKey(Game, refuse_deletion, related_name="tournaments")
    entrant_kind = models.CharField(
        max_length=4, choices=EntrantKind, default=EntrantKind.SOLO, db_default=EntrantKind.SOLO
    )
    status = models.CharField(max_length=9, choices=Status, default=Status.DRAFT, db_default=Status.DRAFT)
    organiser = models.ForeignKey(
        settings.AUTH_USER_MODEL, refuse_deletion, null=True, blank=True, related_name="organised_tournaments"
    )
    capacity = models.PositiveIntegerField(
        null=True, blank=True, help_text="Most entrants; empty for no limit."
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=DatabaseNow(), editable=False)

    class Meta:
        ordering = ["-starts_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gte=F("starts_at")),
                name="tournaments_tournament_dates",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["DRAFT", "OPEN", "RUNNING", "COMPLETED", "CANCELLED"]),
                name="tournaments_tournament_status",
            ),
        ]
        indexes = [models.Index(F("starts_at").desc(), F("id").desc(), name="tournaments_newest")]
        permissions = [("manage_any", "Can see drafts and run tournaments of every organiser")]

    def __str__(self) -> str:
        return self.name


class FormerTournamentName(FormerName):
    """A slug or a name that a tournament had. A former slug finds it as long as no other one has it."""

    owner = models.ForeignKey(Tournament, models.CASCADE, related_name="former_names", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "key", "name"], name="tournaments_formertournamentname_once"
            )
        ]
        indexes = [models.Index(fields=["key"], name="tournaments_former_key")]


#: The names that are kept after they were given up.
RENAMES = [Rename(FormerTournamentName, "slug"), Rename(FormerTournamentName, "name")]


class ParticipationQuerySet(models.QuerySet[Any]):
    """Filters for registrations."""

    def standing(self) -> ParticipationQuerySet:
        """Keep registrations that are neither withdrawn nor disqualified."""
        return self.filter(status__in=TournamentParticipation.STANDING)


class TournamentParticipation(models.Model):
    """A player's registration for a tournament. It is kept when the tournament is cancelled."""

    class Status(models.TextChoices):
        REGISTERED = "REGISTERED", "Registered"
        CHECKED_IN = "CHECKED_IN", "Checked in"
        WITHDRAWN = "WITHDRAWN", "Withdrawn"
        DISQUALIFIED = "DISQUALIFIED", "Disqualified"

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
    registered_at = models.DateTimeField()
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


#: The last placement on the podium.
LAST_OF_PODIUM = 3


class ResultQuerySet(models.QuerySet[Any]):
    """Filters for official results."""

    def on_podium(self) -> ResultQuerySet:
        """Keep the results of placement 3 or better."""
        return self.filter(placement__lte=LAST_OF_PODIUM)


class TournamentResult(models.Model):
    """The official final result of a player (solo events), of a team, or of a member of a team's roster.

    A disqualified entrant keeps the row, but has no placement. ``published_placement`` is the placement
    before any disqualification: ``placement`` follows from it and from who is disqualified. It is null while
    nobody was disqualified after the end, and then means the same as ``placement``.
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
    published_placement = models.PositiveIntegerField(
        null=True, blank=True, editable=False, help_text="The placement before any disqualification."
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
    stats = models.JSONField(default=dict, blank=True, db_default={})
    disqualified_at = models.DateTimeField(null=True, blank=True)
    disqualified_reason = models.CharField(max_length=500, blank=True, default="", db_default="")
    decided_at = models.DateTimeField(help_text="When the result became official.")
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
                condition=Q(disqualified_at__isnull=True, placement__isnull=False, disqualified_reason="")
                | (Q(disqualified_at__isnull=False, placement__isnull=True) & ~Q(disqualified_reason="")),
                name="tournaments_result_placed_or_disqualified",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "placement"], name="tournaments_result_placings"),
            models.Index("user", F("recorded_at").desc(), F("id").desc(), name="result_recorded"),
            models.Index(fields=["user", "tournament"], name="tournaments_result_of_user"),
            models.Index(fields=["tournament", "placement", "id"], name="tournaments_result_table"),
        ]

    def __str__(self) -> str:
        return f"{self.tournament_id}: {self.placement or 'disqualified'}"


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
    decided_at = models.DateTimeField()
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
    map_name = models.CharField(max_length=100, blank=True, default="", db_default="")
    stats = models.JSONField(default=dict, blank=True, db_default={})

    class Meta:
        indexes = [
            models.Index(fields=["tournament", "series"], name="tournaments_match_series"),
            models.Index(fields=["user", "tournament"], name="tournaments_match_of_user"),
        ]

    def __str__(self) -> str:
        return f"{self.tournament_id} {self.round}: match {self.match_id}"
