"""Who may do what with a tournament: for API and pages; commands and imports act for the site itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from deltacrown.accounts.models import User
from deltacrown.core.errors import DomainError
from deltacrown.teams.models import Team
from deltacrown.teams.services import list_roster
from deltacrown.tournaments.models import Tournament


class MayNotOrganise(DomainError):
    """The tournament is somebody else's."""

    code = "forbidden"


def can_organise(tournament: Tournament, user: User) -> bool:
    """Return whether ``user`` runs the tournament: its organiser, or staff."""
    return user.is_staff or tournament.organiser_id == user.pk


def require_organiser(tournament: Tournament, user: User) -> None:
    """Refuse unless ``user`` runs the tournament.

    :raises MayNotOrganise: they do not.
    """
    if not can_organise(tournament, user):
        raise MayNotOrganise(f"Only the organiser of {tournament.name} and staff may do this.")


def require_say(
    tournament: Tournament,
    by: User,
    *,
    user: User | None,
    team: Team | None,
    now: datetime,
    roster: Iterable[User] | None = None,
) -> None:
    """Refuse unless ``by`` may act for an entrant: a player, a member of the team, or the organiser.

    :param roster: who is to play for the team; a member may name present members only.
    :raises MayNotOrganise: they may not.
    """
    if can_organise(tournament, by):
        return
    if team is None and user is not None and user.pk == by.pk:
        return
    members = {member.pk for member in list_roster(team, now)} if team is not None else set()
    if by.pk not in members:
        raise MayNotOrganise(
            "You can enter and withdraw yourself and the teams you are in; the organiser does so for others."
        )
    if not {player.pk for player in roster or ()} <= members:
        raise MayNotOrganise(
            "The roster names players who are not in the team; the organiser can enter it so.", field="roster"
        )
