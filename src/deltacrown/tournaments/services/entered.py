"""Who is in a tournament and who was put out of it, read for whoever decides on its results."""

from __future__ import annotations

from dataclasses import dataclass

from deltacrown.accounts.models import User
from deltacrown.teams.models import Team
from deltacrown.tournaments.models import (
    Disqualification,
    Tournament,
    TournamentDecision,
    TournamentParticipation,
)
from deltacrown.tournaments.services.entrants import Participation, group_rosters, has_status


@dataclass(frozen=True)
class Entered:
    """An entrant, and its registrations as ``group_rosters`` has them."""

    entrant: User | Team
    roster: list[TournamentParticipation]

    @property
    def is_withdrawn(self) -> bool:
        """Return whether it withdrew."""
        return has_status(self.roster, Participation.WITHDRAWN)

    @property
    def is_disqualified(self) -> bool:
        """Return whether it was put out."""
        return any(row.status == Participation.DISQUALIFIED for row in self.roster)

    @property
    def stands(self) -> bool:
        """Return whether it can be placed."""
        return not (self.is_withdrawn or self.is_disqualified)


def list_entered(tournament: Tournament) -> list[Entered]:
    """Return the entrants, also who left or was put out, in the order they registered. One query.

    ``user``, with the profile, and ``team`` of the registrations are loaded.
    """
    rows = tournament.participations.select_related("user__profile", "team").order_by("registered_at", "pk")
    is_solo = tournament.entrant_kind == Tournament.EntrantKind.SOLO
    rosters = group_rosters(tournament, rows)
    return [
        Entered(entrant, roster)
        for roster in rosters.values()
        if (entrant := roster[0].user if is_solo else roster[0].team) is not None
    ]


def list_disqualifications(tournament: Tournament) -> list[Disqualification]:
    """Return the disqualifications, lifted ones too, latest first, with whom they are about. One query."""
    rows = Disqualification.objects.filter(tournament=tournament)
    related = ("user__profile", "team", "decided_by__profile", "lifted_by__profile")
    return list(rows.select_related(*related).order_by("-decided_at", "-pk"))


def list_decisions(tournament: Tournament) -> list[TournamentDecision]:
    """Return what was decided about the tournament as a whole, latest first. One query."""
    rows = TournamentDecision.objects.filter(tournament=tournament).select_related("decided_by__profile")
    return list(rows.order_by("-decided_at", "-pk"))
