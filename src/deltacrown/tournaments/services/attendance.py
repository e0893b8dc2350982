"""Checking in and withdrawing: the player's step in a solo event, the whole team's in a team event."""

from __future__ import annotations

from deltacrown.accounts.models import User
from deltacrown.core.errors import Conflict
from deltacrown.teams.models import Team
from deltacrown.tournaments import signals
from deltacrown.tournaments.models import Tournament, TournamentParticipation
from deltacrown.tournaments.services.entrants import (
    Participation,
    get_entrant,
    has_status,
    list_entrant_roster,
    name_of,
)
from deltacrown.tournaments.services.registration import EntrantDisqualified
from deltacrown.tournaments.services.states import Status, lock_tournament, require_state
from django_tally.transactions import atomic_service


class EntrantWithdrawn(Conflict):
    """An entrant that withdrew cannot check in or be placed."""


@atomic_service
def check_in(
    *, tournament: Tournament, user: User | None = None, team: Team | None = None
) -> list[TournamentParticipation]:
    """Check an entrant in, while registration is open; one that is checked in stays so.

    :return: its registrations.
    :raises EntrantDisqualified: it was disqualified.
    :raises EntrantWithdrawn: it withdrew.
    :raises NotRegistered: it is not registered.
    :raises WrongState: registration is not open.
    """
    roster = _lock_roster(tournament, user, team)
    if has_status(roster, Participation.CHECKED_IN):
        return roster
    require_state(tournament, [Status.OPEN], "checking in")
    if has_status(roster, Participation.WITHDRAWN):
        raise EntrantWithdrawn(
            f"{_name(user, team)} withdrew from {tournament.name}; register again first.", field="entrant"
        )
    _set_status(roster, Participation.CHECKED_IN, _name(user, team))
    signals.entrant_checked_in.send(TournamentParticipation, tournament=tournament, participations=roster)
    return roster


@atomic_service
def withdraw(
    *, tournament: Tournament, user: User | None = None, team: Team | None = None
) -> list[TournamentParticipation]:
    """Take an entrant out of a tournament that has not ended; the registration stays recorded, marked.

    :return: its registrations.
    :raises EntrantDisqualified: it was disqualified.
    :raises NotRegistered: it is not registered.
    :raises WrongState: the tournament has ended; an organiser may disqualify.
    """
    roster = _lock_roster(tournament, user, team)
    if has_status(roster, Participation.WITHDRAWN):
        return roster
    require_state(tournament, [Status.OPEN, Status.RUNNING], "withdrawing")
    _set_status(roster, Participation.WITHDRAWN, _name(user, team))
    signals.entrant_withdrawn.send(TournamentParticipation, tournament=tournament, participations=roster)
    return roster


def _lock_roster(
    tournament: Tournament, user: User | None, team: Team | None
) -> list[TournamentParticipation]:
    lock_tournament(tournament)
    return list_entrant_roster(tournament, get_entrant(tournament, user, team))


def _set_status(roster: list[TournamentParticipation], status: str, who: str) -> None:
    if any(row.status == Participation.DISQUALIFIED for row in roster):
        raise EntrantDisqualified(f"{who} was disqualified.", field="entrant")
    for row in roster:
        row.status = status
    TournamentParticipation.objects.bulk_update(roster, ["status"])


def _name(user: User | None, team: Team | None) -> str:
    return name_of(user or team or User())
