from __future__ import annotations

from secrets import token_hex
from typing import Any, Literal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from deltacrown.accounts.models import User
from deltacrown.core.deletion import refuse_deletion
from deltacrown.core.told_json import ToldJSONField
from deltacrown.teams.models import Team
from deltacrown.tournaments.models.tournament import Tournament
from django_tally.database_clock import DatabaseNow
from django_tally.fields import RecordedAt

#: The sides of a pairing, and nobody: of a draw, and of what an organiser decides.
Side = Literal[1, 2]
FIRST: Side = 1
SECOND: Side = 2
LONGEST_REASON = 500


def make_pairing_key() -> str:
    """Return a new key, of which the keys of a pairing's matches are made."""
    return token_hex(8)


def _entrant(*, what: str, team: bool = False) -> Any:
    """Return the foreign key of an entrant, a player or a team."""
    model = Team if team else settings.AUTH_USER_MODEL
    return models.ForeignKey(
        model, refuse_deletion, null=True, blank=True, related_name=what, db_index=not what.endswith("+")
    )


class Seed(models.Model):
    """The place of an entrant in the order by which a bracket is drawn; 1 is the best."""

    tournament = models.ForeignKey(Tournament, refuse_deletion, related_name="seeds", db_index=False)
    user = _entrant(what="seeds")
    team = _entrant(what="seeds", team=True)
    position = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=True, team__isnull=False) | Q(user__isnull=False, team__isnull=True),
                name="tournaments_seed_entrant",
            ),
            models.CheckConstraint(condition=Q(position__gte=1), name="tournaments_seed_from_one"),
            models.UniqueConstraint(fields=["tournament", "position"], name="tournaments_seed_position"),
            models.UniqueConstraint(
                fields=["tournament", "user"],
                condition=Q(user__isnull=False),
                name="tournaments_seed_user",
            ),
            models.UniqueConstraint(
                fields=["tournament", "team"],
                condition=Q(team__isnull=False),
                name="tournaments_seed_team",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position} at {self.tournament_id}"


class Pairing(models.Model):
    """Who is to play whom, and what came of it: drawn as part of a bracket, or made by an organiser.

    Its numbers are those of the matches that are recorded when it is confirmed; here is only who moves on.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", _("Waiting for entrants")
        READY = "READY", _("To be played")
        REPORTED = "REPORTED", _("Reported by one side")
        DIFFERING = "DIFFERING", _("The reports differ")
        CONFIRMED = "CONFIRMED", _("Confirmed")

    #: The states in which sides report.
    OPEN = (State.READY, State.REPORTED, State.DIFFERING)

    tournament = models.ForeignKey(Tournament, refuse_deletion, related_name="pairings", db_index=False)
    key = models.CharField(
        max_length=16, unique=True, default=make_pairing_key, help_text="The keys of its matches begin so."
    )
    number = models.PositiveIntegerField(help_text="Its place among all of the tournament, in order of play.")
    round = models.CharField(max_length=100)
    is_drawn = models.BooleanField(default=False, db_default=False, help_text="Part of the bracket.")
    first_user = _entrant(what="first_pairings")
    first_team = _entrant(what="first_pairings", team=True)
    second_user = _entrant(what="second_pairings")
    second_team = _entrant(what="second_pairings", team=True)
    winner_to = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="from_winners")
    loser_to = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="from_losers")
    to_side = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="The side there: 1 or 2; 0 where it leads nowhere."
    )
    best_of = models.PositiveSmallIntegerField(default=1, db_default=1)
    scheduled_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.WAITING, db_default=State.WAITING)
    revision = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Raised whenever what was reported no longer holds."
    )
    outcome = ToldJSONField(default=dict, blank=True, db_default={})
    winner_side = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="1 or 2; 0 for a draw; empty until it is confirmed."
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tournament", "number"], name="tournaments_pairing_number"),
            models.CheckConstraint(
                condition=Q(state__in=["WAITING", "READY", "REPORTED", "DIFFERING", "CONFIRMED"]),
                name="tournaments_pairing_state",
            ),
            models.CheckConstraint(
                condition=Q(state="CONFIRMED", confirmed_at__isnull=False, winner_side__lte=2)
                | (~Q(state="CONFIRMED") & Q(winner_side__isnull=True, confirmed_at__isnull=True)),
                name="tournaments_pairing_confirmed",
            ),
            models.CheckConstraint(
                condition=Q(first_user__isnull=True) | Q(first_team__isnull=True),
                name="tournaments_pairing_first",
            ),
            models.CheckConstraint(
                condition=Q(second_user__isnull=True) | Q(second_team__isnull=True),
                name="tournaments_pairing_second",
            ),
            models.CheckConstraint(
                condition=Q(first_user__isnull=True) | ~Q(first_user=F("second_user")),
                name="tournaments_pairing_two_users",
            ),
            models.CheckConstraint(
                condition=Q(first_team__isnull=True) | ~Q(first_team=F("second_team")),
                name="tournaments_pairing_two_teams",
            ),
            models.CheckConstraint(condition=Q(best_of__gte=1), name="tournaments_pairing_best_of"),
        ]

    def __str__(self) -> str:
        return f"{self.round}: {self.number}"

    @property
    def first(self) -> User | Team | None:
        """Return the entrant of the first side; None while it is not known."""
        return self.sides[0]

    @property
    def second(self) -> User | Team | None:
        """Return the entrant of the second side; None while it is not known."""
        return self.sides[1]

    @property
    def sides(self) -> tuple[User | Team | None, User | Team | None]:
        """Return the entrants of both sides."""
        return self.first_team or self.first_user, self.second_team or self.second_user

    @property
    def winner(self) -> User | Team | None:
        """Return who won; None before that, and after a draw."""
        return self.sides[self.winner_side - 1] if self.winner_side else None

    @property
    def loser(self) -> User | Team | None:
        """Return who lost; None before that, and after a draw."""
        return self.sides[2 - self.winner_side] if self.winner_side else None

    @property
    def is_confirmed(self) -> bool:
        return self.state == self.State.CONFIRMED


class PairingReport(models.Model):
    """What somebody said of a pairing: a side its result, an organiser a ruling. Rows never change.

    Those of the pairing's present ``revision`` hold; of each side the latest.
    """

    class Kind(models.TextChoices):
        REPORT = "REPORT", _("Reported")
        RULING = "RULING", _("Ruled")
        TAKEN_BACK = "TAKEN_BACK", _("Taken back")
        FOLLOWED = "FOLLOWED", _("Followed the recorded match")

    pairing = models.ForeignKey(Pairing, models.CASCADE, related_name="reports", db_index=False)
    revision = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    side = models.PositiveSmallIntegerField(default=0, db_default=0, help_text="1 or 2; 0 for an organiser.")
    outcome = ToldJSONField(default=dict, blank=True, db_default={})
    reason = models.CharField(max_length=LONGEST_REASON, blank=True, default="", db_default="")
    reported_at = models.DateTimeField(db_default=DatabaseNow())
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    recorded_at = RecordedAt()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="REPORT", side__in=[1, 2])
                | Q(kind__in=["RULING", "TAKEN_BACK", "FOLLOWED"], side=0),
                name="tournaments_pairing_report_kind",
            ),
        ]
        indexes = [models.Index(fields=["pairing", "id"], name="tournaments_pairing_reports")]

    def __str__(self) -> str:
        return f"{self.pairing_id}: {self.kind}"
