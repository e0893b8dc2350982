"""Registering one's team for a tournament, and withdrawing it, from the tournament's page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from deltacrown.accounts.models import User
from deltacrown.pages.teams import get_team
from deltacrown.pages.tournaments import get_tournament
from deltacrown.teams.models import Team
from deltacrown.teams.services import list_roster, list_teams_led
from deltacrown.tournaments import services
from deltacrown.tournaments.models import Tournament, TournamentParticipation
from deltacrown.user_profile.privacy import Viewer
from deltacrown.user_profile.standing import require_enterable, require_good_standing
from django_tally.transactions import atomic_service


@dataclass(frozen=True)
class OwnTeam:
    """A team for which the viewer acts, and whether it is registered."""

    team: Team
    is_entered: bool


def list_own_teams(event: Tournament, viewer: Viewer, now: datetime) -> list[OwnTeam]:
    """Return the teams that ``viewer`` may register or withdraw while registration is open; two queries."""
    is_open = event.status == Tournament.Status.OPEN and event.entrant_kind == Tournament.EntrantKind.TEAM
    if not is_open or not isinstance(viewer, User):
        return []
    teams = list_teams_led(viewer, now)
    rows = TournamentParticipation.objects.filter(tournament=event, team__in=teams)
    standing = rows.exclude(status=TournamentParticipation.Status.WITHDRAWN)
    entered = set(standing.values_list("team_id", flat=True))
    return [OwnTeam(team, team.pk in entered) for team in teams]


@atomic_service
def set_team_entered(*, slug: str, team: str, entered: bool, by: User, now: datetime) -> Team:
    """Register a team with its present players, or withdraw it, as ``by`` may. Return the team.

    :raises DomainError: as ``require_entry``, ``require_say``, ``register_team`` and ``withdraw``.
    :raises NotFound: there is no such tournament or team.
    :raises Suspended: ``by`` is, and registers the team.
    :raises NotEnterable: a player of the team cannot be entered now.
    """
    event, own = get_tournament(slug, viewer=by), get_team(team)
    if entered:
        require_good_standing(by, now)
        services.require_entry(event, by, user=None, team=own, now=now)
        if not services.can_organise(event, by):
            require_enterable(list_roster(own, now), now)
        services.register_team(tournament=event, team=own, roster=None, now=now, by=by)
    else:
        services.require_say(event, by, user=None, team=own, now=now)
        services.withdraw(tournament=event, team=own, now=now, by=by)
    return own
