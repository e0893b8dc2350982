"""What the viewer may do about a tournament's registration, what is in the way, and the doing of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import F, FilteredRelation, Q
from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput
from deltacrown.pages.teams import get_team
from deltacrown.pages.tournament_entries import Entries, OwnEntry
from deltacrown.pages.tournaments import get_tournament
from deltacrown.teams.models import Team
from deltacrown.teams.services import list_roster, list_teams_led
from deltacrown.tournaments import services
from deltacrown.tournaments.models import Tournament, TournamentParticipation
from deltacrown.user_profile.privacy import Viewer
from deltacrown.user_profile.standing import is_suspended, require_enterable, require_good_standing
from django_tally.transactions import atomic_service

Status = TournamentParticipation.Status
EventStatus = Tournament.Status
STANDING = TournamentParticipation.STANDING
#: While an entrant can leave.
NOT_OVER = {EventStatus.OPEN, EventStatus.RUNNING}


class Deed(StrEnum):
    """A step of an entrant."""

    REGISTER = "register"
    CHECK_IN = "check-in"
    UNCHECK = "take-back-check-in"
    WITHDRAW = "withdraw"
    RETURN = "take-back"


#: Steps of an entrant that is registered → their services.
STEPS = {
    Deed.CHECK_IN: services.check_in,
    Deed.UNCHECK: services.take_back_check_in,
    Deed.WITHDRAW: services.withdraw,
    Deed.RETURN: services.take_back_withdrawal,
}


class Obstacle(StrEnum):
    """Why somebody may not register now."""

    SUSPENDED = "suspended"
    PLAYS_ALREADY = "plays already"
    CLOSED = "closed"
    FULL = "full"
    LEADS_NO_TEAM = "leads no team"


@dataclass(frozen=True)
class Choice:
    """An entrant for which the viewer acts: a team, or None for the viewer.

    :param status: of its registration; None where it has none.
    :param deeds: what can be done now.
    """

    team: Team | None
    status: Status | None
    deeds: list[Deed]

    @property
    def stands(self) -> bool:
        """Return whether it is registered, and neither withdrew nor was disqualified."""
        return self.status in STANDING


@dataclass(frozen=True)
class EntryBox:
    """What a signed-in viewer is told and offered about the registration for a tournament.

    :param own: the viewer's own registration.
    :param obstacle: why nobody of ``choices`` can be registered now; None where one can, or stands.
    """

    own: OwnEntry | None
    choices: list[Choice]
    obstacle: Obstacle | None

    @property
    def can_register(self) -> bool:
        """Return whether nothing is in the way of who is invited."""
        return self.obstacle is None


def describe_entry(
    event: Tournament,
    entries: Entries,
    viewer: Viewer,
    now: datetime,
    *,
    invited: Collection[Team | None] = (),
) -> EntryBox | None:
    """Return what is told and offered to a signed-in viewer; None to others, and where there is nothing.

    One query at most, none in a solo event.

    :param invited: the teams, or None for the viewer, that are asked to enter elsewhere on the page.
    """
    if not isinstance(viewer, User) or (event.status not in NOT_OVER and entries.own is None):
        return None
    statuses: dict[Team | None, Status | None] = {}
    if event.status in NOT_OVER:
        is_team = event.entrant_kind == Tournament.EntrantKind.TEAM
        own = entries.own.status if entries.own else None
        statuses = _list_teams(event, viewer, now) if is_team else {None: own}

    obstacle = _find_obstacle(event, entries, viewer, now)
    choices = [
        Choice(team, status, [] if team in invited else _list_deeds(event, status, obstacle))
        for team, status in statuses.items()
    ]
    if not choices and event.status == EventStatus.OPEN and entries.own is None:
        obstacle = Obstacle.LEADS_NO_TEAM
    is_asking = any(
        not choice.stands and choice.status != Status.DISQUALIFIED and Deed.RETURN not in choice.deeds
        for choice in choices
    )
    if event.status != EventStatus.OPEN or (choices and not is_asking):
        obstacle = None
    # Of who is asked elsewhere there is nothing to say here.
    said = [choice for choice in choices if choice.team not in invited or (choice.team and choice.status)]
    return EntryBox(entries.own, said, obstacle)


@atomic_service
def take_step(*, slug: str, team: str, deed: Deed, by: User, now: datetime) -> Team | None:
    """Register, check in or withdraw the entrant for which ``by`` acts, or take one of the last two back.

    A step taken before changes nothing.

    :param team: a team's slug; empty for ``by`` in a solo event.
    :return: the team.
    :raises DomainError: as ``require_entry``, ``require_say``, ``require_return`` and the steps themselves.
    :raises NotFound: there is no such tournament or team.
    :raises Suspended: ``by`` is, and does not withdraw.
    :raises NotEnterable: a player of the team cannot be entered now.
    """
    event = get_tournament(slug, viewer=by)
    is_team = event.entrant_kind == Tournament.EntrantKind.TEAM
    if is_team != bool(team):
        sentence = (
            _("%(name)s is for teams; name one of yours.") if is_team else _("%(name)s is for players.")
        )
        raise InvalidInput(sentence % {"name": event.name}, field="team")
    own = get_team(team) if team else None
    if deed is not Deed.WITHDRAW:
        require_good_standing(by, now)
    if deed is Deed.REGISTER:
        _register(event, own, by, now)
        return own

    require = services.require_return if deed is Deed.RETURN else services.require_say
    require(event, by, user=None if own else by, team=own, now=now)
    STEPS[deed](tournament=event, user=None if own else by, team=own, now=now, by=by)
    return own


def require_enterable_team(event: Tournament, team: Team | None, by: User, now: datetime) -> None:
    """Refuse to enter a team while a player of it is suspended, but not who runs the tournament.

    :raises NotEnterable: one is.
    """
    if team is not None and not services.can_organise(event, by):
        require_enterable(list_roster(team, now), now)


def _register(event: Tournament, team: Team | None, by: User, now: datetime) -> None:
    services.require_entry(event, by, user=None if team else by, team=team, now=now)
    require_enterable_team(event, team, by, now)
    if team is None:
        services.register_player(tournament=event, user=by, now=now, by=by)
    else:
        services.register_team(tournament=event, team=team, roster=None, now=now, by=by)


def _list_teams(event: Tournament, viewer: User, now: datetime) -> dict[Team | None, Status | None]:
    """Return the teams for which the viewer acts, with the status of their registration. One query."""
    here = Q(tournament_participations__tournament=event)
    entered = FilteredRelation("tournament_participations", condition=here)
    statuses: dict[Team, set[str]] = {}
    for team in list_teams_led(viewer, now).annotate(entered=entered, entry_status=F("entered__status")):
        statuses.setdefault(team, set()).add(team.entry_status)
    return {team: _join(found) for team, found in statuses.items()}


def _join(statuses: set[str]) -> Status | None:
    """Return the status of a team: that of who stands; of a roster some may have left."""
    order = (Status.DISQUALIFIED, Status.CHECKED_IN, Status.REGISTERED, Status.WITHDRAWN)
    return next((status for status in order if status in statuses), None)


def _find_obstacle(event: Tournament, entries: Entries, viewer: User, now: datetime) -> Obstacle | None:
    profile = getattr(viewer, "profile", None)
    if profile is not None and is_suspended(profile, now):
        return Obstacle.SUSPENDED
    if (
        event.entrant_kind == Tournament.EntrantKind.TEAM
        and entries.own
        and entries.own.status != Status.WITHDRAWN
    ):
        return Obstacle.PLAYS_ALREADY
    closes_at = event.registration_closes_at
    if closes_at is not None and now >= closes_at and not services.can_organise(event, viewer):
        return Obstacle.CLOSED
    if event.capacity is not None and entries.entrants >= event.capacity:
        return Obstacle.FULL
    return None


def _list_deeds(event: Tournament, status: Status | None, obstacle: Obstacle | None) -> list[Deed]:
    is_open = event.status == EventStatus.OPEN
    if status in STANDING:
        presence = Deed.CHECK_IN if status == Status.REGISTERED else Deed.UNCHECK
        may_say = is_open and obstacle is not Obstacle.SUSPENDED
        return [presence, Deed.WITHDRAW] if may_say else [Deed.WITHDRAW]
    if not is_open or status == Status.DISQUALIFIED:
        return []
    deeds = [Deed.REGISTER] if obstacle is None else []
    if status != Status.WITHDRAWN or obstacle not in {None, Obstacle.CLOSED}:
        return deeds
    # A team may have other players by now than the roster that it withdrew.
    is_team = event.entrant_kind == Tournament.EntrantKind.TEAM
    return [Deed.RETURN, *(deeds if is_team else [])]
