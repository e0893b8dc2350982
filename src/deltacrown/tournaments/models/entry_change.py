from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from deltacrown.core.deletion import refuse_deletion
from deltacrown.teams.models import Team
from deltacrown.tournaments.models.tournament import Tournament
from django_tally.database_clock import DatabaseNow
from django_tally.fields import RecordedAt


class EntryChange(models.Model):
    """What happened to an entrant of a tournament, or to a player of its roster: when, why, and by whom.

    The services write a row per step; only when it happened can be corrected. A registration says how things
    are, these rows how they came to be. Entrants of files have none: a file tells registrations, no steps.
    """

    class Kind(models.TextChoices):
        ENTERED = "ENTERED", _("Entered")
        CHECKED_IN = "CHECKED_IN", pgettext_lazy("what happened", "Checked in")
        UNCHECKED = "UNCHECKED", _("Check-in taken back")
        WITHDRAWN = "WITHDRAWN", _("Withdrew")
        RETURNED = "RETURNED", _("Came back")
        JOINED = "JOINED", _("Joined the roster")
        LEFT = "LEFT", _("Left the roster")

    #: What happens to one player of a roster. The other kinds happen to an entrant as a whole.
    OF_ROSTERS = (Kind.JOINED, Kind.LEFT)

    tournament = models.ForeignKey(Tournament, refuse_deletion, related_name="entry_changes", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        refuse_deletion,
        null=True,
        blank=True,
        related_name="entry_changes",
        help_text="The player; empty where it happened to a whole team.",
    )
    team = models.ForeignKey(Team, refuse_deletion, null=True, blank=True, related_name="entry_changes")
    kind = models.CharField(max_length=10, choices=Kind)
    in_place_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        refuse_deletion,
        null=True,
        blank=True,
        related_name="+",
        help_text="Whom a substitute replaced.",
    )
    reason = models.CharField(max_length=500, blank=True, default="", db_default="")
    happened_at = models.DateTimeField(db_default=DatabaseNow())
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    recorded_at = RecordedAt()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "ENTERED",
                        "CHECKED_IN",
                        "UNCHECKED",
                        "WITHDRAWN",
                        "RETURNED",
                        "JOINED",
                        "LEFT",
                    ]
                ),
                name="tournaments_entry_change_kind",
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=False) | Q(team__isnull=False),
                name="tournaments_entry_change_entrant",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["JOINED", "LEFT"]) | Q(user__isnull=False, team__isnull=False),
                name="tournaments_entry_change_roster",
            ),
        ]
        indexes = [
            models.Index(
                "tournament", F("happened_at").desc(), F("id").desc(), name="tournaments_entry_changes"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id or self.team_id} at {self.tournament_id}: {self.kind}"
