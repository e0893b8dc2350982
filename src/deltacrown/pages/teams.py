"""The pages of a team: its members, their roles, and what its captains change.

Players who are not listed are left out, as everywhere where players are listed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.errors import NotFound
from deltacrown.core.pagination import Order, Page, paginate
from deltacrown.pages.team_numbers import TeamTotals, count_numbers
from deltacrown.pages.team_results import list_results
from deltacrown.pages.team_roster import RosterLine, list_former_names, list_roster
from deltacrown.teams import services
from deltacrown.teams.models import FormerTeamName, Team, TeamMembership, TeamRole
from deltacrown.tournaments.models import TournamentResult
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.people.addresses import get_player, profile_of
from deltacrown.user_profile.privacy import Viewer
from deltacrown.user_profile.standing import filter_listed, require_good_standing
from django_tally.transactions import atomic_service

BY_JOINING: Order = ("-joined_at", "-id")
BY_GIVING: Order = ("-given_at", "-id")
#: How many roles a team's page begins with.
RECENT = 10


@dataclass(frozen=True)
class RoleLine:
    """A role that a member has, or had until ``ended_at``."""

    player: UserProfile
    role: str
    label: str
    given_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class MemberLine:
    """A present member of a team, with the roles they have now."""

    player: UserProfile
    joined_at: datetime
    roles: list[RoleLine]

    @property
    def is_captain(self) -> bool:
        """Return whether they are a captain of the team now."""
        return any(role.role == TeamRole.Role.CAPTAIN for role in self.roles)


@dataclass(frozen=True)
class TeamPage:
    """A team at a glance.

    :param roles: the latest, present and former.
    :param can_manage: whether the viewer may give and end roles, and end memberships.
    :param leads: whether the viewer is a captain of it.
    :param is_member: whether the viewer is in the team now.
    :param results: the latest official ones of the team itself, with their tournaments.
    :param numbers: counted from all its official matches, series and results.
    :param roster: the first of the present and former members, with when they were in the team.
    :param former_names: the latest.
    """

    team: Team
    members: Page[MemberLine]
    captains: list[UserProfile]
    roles: Page[RoleLine]
    can_manage: bool
    leads: bool
    is_member: bool
    results: Page[TournamentResult]
    numbers: TeamTotals
    roster: Page[RosterLine]
    former_names: list[FormerTeamName]


def get_team(slug: str) -> Team:
    """Return the team with this slug or name, present or former.

    :raises NotFound: there is none, or several teams had the name.
    """
    team: Team | None = services.find_teams([slug]).get(slug)
    if team is None:
        raise NotFound(_("There is no team %(slug)s.") % {"slug": repr(slug[:80])}, field="slug")
    return team


def get_team_page(
    slug: str, page: str | None = None, *, limit: int = 20, viewer: Viewer, now: datetime
) -> TeamPage:
    """Return a team with a page of its present members and the latest roles.

    :raises NotFound: there is no such team.
    """
    team = get_team(slug)
    members = list_members(team, page, limit=limit)
    captains = list_captains(team)
    person = viewer if isinstance(viewer, User) else None
    return TeamPage(
        team=team,
        members=members,
        captains=captains,
        roles=list_roles(team, limit=RECENT),
        can_manage=person is not None and services.can_manage(team, person, now=now),
        leads=person is not None and any(each.user_id == person.pk for each in captains),
        is_member=person is not None and _is_member(team, person),
        results=list_results(team, limit=RECENT),
        numbers=count_numbers(team),
        roster=list_roster(team, limit=RECENT),
        former_names=list_former_names(team),
    )


def list_members(team: Team, page: str | None = None, *, limit: int = 20) -> Page[MemberLine]:
    """Return a page of the present members of a team, those who joined last first; two queries."""
    rows = TeamMembership.objects.filter(team=team, left_at__isnull=True).select_related("user__profile")
    found = paginate(
        filter_listed(rows), listing=f"members/{team.pk}", order=BY_JOINING, cursor=page, limit=limit
    )
    return found.with_items(lambda rows: _describe_members(team, rows))


def list_roles(team: Team, page: str | None = None, *, limit: int = 20) -> Page[RoleLine]:
    """Return a page of the roles in a team, present and former, those given last first; one query."""
    rows = TeamRole.objects.lasting().filter(team=team).select_related("user__profile")
    found = paginate(
        filter_listed(rows), listing=f"roles/{team.pk}", order=BY_GIVING, cursor=page, limit=limit
    )
    return found.with_items(lambda rows: [_role_line(profile_of(row.user), row) for row in rows])


def list_captains(team: Team) -> list[UserProfile]:
    """Return the captains of a team who are listed."""
    rows = TeamRole.objects.filter(team=team, role=TeamRole.Role.CAPTAIN, ended_at__isnull=True)
    found = filter_listed(rows).select_related("user__profile").order_by("given_at", "id")
    return [profile_of(row.user) for row in found]


@atomic_service
def set_role(*, slug: str, public_id: str, role: str, held: bool, by: User, now: datetime) -> RoleLine:
    """Give the player with this public id a role in a team, or end it. Return the role.

    :raises DomainError: as ``give_role`` and ``end_role``.
    :raises NotFound: there is no such team or player.
    :raises Suspended: ``by`` is, and does not lay down their own role.
    """
    team, profile = get_team(slug), get_player(public_id)
    if held or profile.user != by:
        require_good_standing(by, now)
    change = services.give_role if held else services.end_role
    row = change(team=team, user=profile.user, role=role, by=by, now=now)
    return _role_line(profile, row)


@atomic_service
def end_membership(*, slug: str, public_id: str, by: User, now: datetime) -> tuple[Team, UserProfile]:
    """End the membership of the player with this public id. Return the team and the player.

    :raises DomainError: as ``teams.services.end_membership``.
    :raises NotFound: there is no such team or player.
    :raises Suspended: ``by`` is, and does not leave the team themselves.
    """
    team, profile = get_team(slug), get_player(public_id)
    if profile.user != by:
        require_good_standing(by, now)
    services.end_membership(team=team, user=profile.user, by=by, now=now)
    return team, profile


def _is_member(team: Team, person: User) -> bool:
    return TeamMembership.objects.filter(team=team, user=person, left_at__isnull=True).exists()


def _describe_members(team: Team, rows: Sequence[TeamMembership]) -> list[MemberLine]:
    profiles = {row.user_id: profile_of(row.user) for row in rows}
    roles: dict[int, list[RoleLine]] = defaultdict(list)
    held = TeamRole.objects.filter(team=team, user__in=profiles, ended_at__isnull=True)
    for role in held.order_by("given_at", "id"):
        roles[role.user_id].append(_role_line(profiles[role.user_id], role))
    return [MemberLine(profiles[row.user_id], row.joined_at, roles[row.user_id]) for row in rows]


def _role_line(profile: UserProfile, row: TeamRole) -> RoleLine:
    return RoleLine(profile, row.role, row.get_role_display(), row.given_at, row.ended_at)
