from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from deltacrown.teams.models import Team
from deltacrown.tournaments.models.participation import TournamentParticipation
from deltacrown.tournaments.models.tournament import Tournament
from django_tally.database_clock import DatabaseNow


class InvitationQuerySet(models.QuerySet["TournamentInvitation"]):
    """What follows of invitations from their tournaments, and from who entered them. None of it is stored."""

    def ask(self, at: datetime) -> InvitationQuerySet:
        """Return invitations that know whether entries are taken at ``at``, and whether the entrant is in."""
        takes_entries = ExpressionWrapper(_takes_entries(at), models.BooleanField())
        return self.annotate(**{"takes_entries": takes_entries, "is_entered": _is_entered()})

    def open(self, at: datetime | DatabaseNow) -> InvitationQuerySet:
        """Keep those that wait for an answer at ``at``, of entrants who did not enter by another way."""
        waiting = self.filter(_takes_entries(at), status=TournamentInvitation.Status.INVITED)
        return waiting.filter(~_is_entered())


def _takes_entries(at: datetime | DatabaseNow) -> Q:
    closes = Q(tournament__registration_closes_at__isnull=True) | Q(tournament__registration_closes_at__gt=at)
    return Q(tournament__status=Tournament.Status.OPEN) & closes


def _is_entered() -> Q:
    """Match invitations whose player or team takes part: each is one look-up in an index."""
    rows = TournamentParticipation.objects.exclude(status=TournamentParticipation.Status.WITHDRAWN)
    here = rows.filter(tournament=OuterRef("tournament"))
    return Q(Exists(here.filter(user=OuterRef("user")))) | Q(Exists(here.filter(team=OuterRef("team"))))


class TournamentInvitation(models.Model):
    """An invitation of a player or a team to a tournament, and what was last said of it.

    There is one for each of them: who is invited again answers it again. Whether it can still be accepted
    follows from the tournament, and is not stored.
    """

    class Status(models.TextChoices):
        INVITED = "INVITED", _("Invited")
        ACCEPTED = "ACCEPTED", pgettext_lazy("invitation", "Accepted")
        DECLINED = "DECLINED", pgettext_lazy("invitation", "Declined")
        TAKEN_BACK = "TAKEN_BACK", pgettext_lazy("invitation", "Taken back")

    tournament = models.ForeignKey(Tournament, models.CASCADE, related_name="invitations", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="tournament_invitations",
        db_index=False,
        help_text="The player; empty where a team is invited.",
    )
    team = models.ForeignKey(
        Team,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="tournament_invitations",
        db_index=False,
    )
    status = models.CharField(
        max_length=10, choices=Status, default=Status.INVITED, db_default=Status.INVITED
    )
    invited_at = models.DateTimeField(db_default=DatabaseNow())
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    settled_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was accepted, declined or taken back."
    )
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = InvitationQuerySet.as_manager()

    # What ``ask`` adds.
    takes_entries: bool
    is_entered: bool

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["INVITED", "ACCEPTED", "DECLINED", "TAKEN_BACK"]),
                name="tournaments_invitation_status",
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=False, team__isnull=True) | Q(user__isnull=True, team__isnull=False),
                name="tournaments_invitation_entrant",
            ),
            models.CheckConstraint(
                condition=Q(status="INVITED", settled_at__isnull=True, settled_by__isnull=True)
                | (~Q(status="INVITED") & Q(settled_at__isnull=False)),
                name="tournaments_invitation_settled",
            ),
            models.UniqueConstraint(
                fields=["tournament", "user"],
                condition=Q(user__isnull=False),
                name="tournaments_invitation_player",
            ),
            models.UniqueConstraint(
                fields=["tournament", "team"],
                condition=Q(team__isnull=False),
                name="tournaments_invitation_team",
            ),
        ]
        indexes = [
            models.Index("tournament", F("invited_at").desc(), F("id").desc(), name="invitations_sent"),
            models.Index("user", F("invited_at").desc(), F("id").desc(), name="invitations_of_user"),
            models.Index("team", F("invited_at").desc(), F("id").desc(), name="invitations_of_team"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id or self.team_id} to {self.tournament_id}: {self.status}"
