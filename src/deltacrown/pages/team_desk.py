"""Where captains run their team: whom it asks to join, its name; and where players answer and found teams.

Whom a team asks is seen by that player and by who runs the team, and by nobody else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.errors import Conflict
from deltacrown.core.pagination import Order, Page, paginate
from deltacrown.pages.naming import get_named_player
from deltacrown.pages.teams import MemberLine, get_team, list_members
from deltacrown.teams import services
from deltacrown.teams.models import Team, TeamInvitation, TeamMembership, TeamRole
from deltacrown.user_profile.models import Block, UserProfile
from deltacrown.user_profile.people.addresses import get_any_player, profile_of
from deltacrown.user_profile.standing import filter_listed, require_good_standing
from django_tally.transactions import atomic_service

BY_INVITING: Order = ("-invited_at", "-id")
BY_JOINING: Order = ("-joined_at", "-id")
#: How many invitations the page of one's teams begins with.
RECENT = 5


class NotInvitable(Conflict):
    """The player cannot be invited. It does not say why, unless it is the captain who blocks them."""


@dataclass(frozen=True)
class InvitationLine:
    """An open invitation.

    :param player: who is asked; None where it is the reader.
    :param by: who asked, unless they are not listed any more.
    """

    team: Team
    player: UserProfile | None
    by: UserProfile | None
    invited_at: datetime


@dataclass(frozen=True)
class TeamDesk:
    """What who runs a team is shown.

    :param leads: whether the viewer is a captain of it, and not only staff.
    :param is_only_captain: whether the viewer leads it alone: without them any member acts for it.
    """

    team: Team
    members: Page[MemberLine]
    invitations: list[InvitationLine]
    leads: bool
    is_only_captain: bool


@dataclass(frozen=True)
class OwnTeamLine:
    """A team that the player is in."""

    team: Team
    joined_at: datetime
    roles: list[TeamRole]

    @property
    def is_led(self) -> bool:
        """Return whether the player is a captain of it."""
        return any(row.role == TeamRole.Role.CAPTAIN for row in self.roles)


@dataclass(frozen=True)
class OwnTeamsPage:
    """The teams of a player, and the latest invitations to others."""

    teams: Page[OwnTeamLine]
    invitations: Page[InvitationLine]


def get_desk(slug: str, page: str | None = None, *, viewer: User, now: datetime, limit: int = 20) -> TeamDesk:
    """Return a team to who runs it.

    :raises MayNotManage: the viewer does not.
    :raises NotFound: there is no such team.
    """
    team = get_managed_team(slug, viewer=viewer, now=now)
    captains = services.list_captains(team, now)
    # The service lets no team ask more at once than a page takes.
    open_ones = services.list_open_invitations(team).select_related("user__profile")
    return TeamDesk(
        team=team,
        members=list_members(team, page, limit=limit),
        invitations=_describe_invitations(team, list(filter_listed(open_ones))),
        leads=viewer in captains,
        is_only_captain=captains == [viewer],
    )


def get_managed_team(slug: str, *, viewer: User, now: datetime) -> Team:
    """Return a team to who runs it.

    :raises MayNotManage: the viewer does not.
    :raises NotFound: there is no such team.
    """
    team = get_team(slug)
    services.require_management(team, viewer, now=now)
    return team


def get_own_teams(user: User, page: str | None = None) -> OwnTeamsPage:
    """Return the teams that a player is in, and the latest invitations to others."""
    return OwnTeamsPage(list_own_teams(user, page), list_own_invitations(user, limit=RECENT))


def list_own_teams(user: User, page: str | None = None, *, limit: int = 20) -> Page[OwnTeamLine]:
    """Return a page of the teams that a player is in, those joined last first; two queries."""
    rows = TeamMembership.objects.filter(user=user, left_at__isnull=True).select_related("team")
    found = paginate(rows, listing=f"own-teams/{user.pk}", order=BY_JOINING, cursor=page, limit=limit)
    return found.with_items(lambda rows: _describe_own(user, rows))


def list_own_invitations(user: User, page: str | None = None, *, limit: int = 20) -> Page[InvitationLine]:
    """Return a page of the open invitations to a player, the latest first; two queries."""
    rows = services.list_invitations_to(user)
    found = paginate(rows, listing=f"invitations/{user.pk}", order=BY_INVITING, cursor=page, limit=limit)
    return found.with_items(_describe_own_invitations)


@atomic_service
def found_team(*, name: str, slug: str, by: User, now: datetime) -> Team:
    """Create a team with ``by`` as its captain, or return the one of this name that they lead.

    :raises DomainError: as ``teams.services.found_team``.
    :raises Suspended: ``by`` is.
    """
    require_good_standing(by, now)
    return services.found_team(name=name, slug=slug, by=by, now=now)


@atomic_service
def rename_team(*, slug: str, name: str, by: User, now: datetime) -> Team:
    """Change the name of a team that ``by`` runs.

    :raises DomainError: as ``rename_led_team``.
    :raises NotFound: there is no such team.
    :raises Suspended: ``by`` is.
    """
    team = get_team(slug)
    require_good_standing(by, now)
    return services.rename_led_team(team=team, name=name, by=by, now=now)


@atomic_service
def invite_player(*, slug: str, player: str, by: User, now: datetime) -> UserProfile:
    """Ask the player with this name or public id to join a team. Return them.

    :raises DomainError: as ``teams.services.invite_player``.
    :raises InvalidInput: there is no such player.
    :raises NotFound: there is no such team.
    :raises NotInvitable: the player cannot be invited.
    :raises Suspended: ``by`` is.
    """
    team = get_managed_team(slug, viewer=by, now=now)
    require_good_standing(by, now)
    user = get_named_player(player, viewer=by)
    profile = _require_invitable(user, by)
    services.invite_player(team=team, user=user, by=by, now=now)
    return profile


@atomic_service
def withdraw_invitation(*, slug: str, public_id: str, by: User, now: datetime) -> tuple[Team, UserProfile]:
    """Take the invitation of a player to a team back.

    :raises DomainError: as ``teams.services.withdraw_invitation``.
    :raises NotFound: there is no such team or player.
    """
    team = get_managed_team(slug, viewer=by, now=now)
    profile = get_any_player(public_id)
    services.withdraw_invitation(team=team, user=profile.user, by=by, now=now)
    return team, profile


@atomic_service
def answer_invitation(*, slug: str, accepts: bool, user: User, now: datetime) -> Team:
    """Record that a player joins the team that asked them, or does not. Return the team.

    :raises NoInvitation: the team does not ask them.
    :raises NotFound: there is no such team.
    :raises Suspended: they are, and want to join.
    """
    team = get_team(slug)
    if accepts:
        require_good_standing(user, now)
    answer = services.accept_invitation if accepts else services.decline_invitation
    answer(team=team, user=user, now=now)
    return team


@atomic_service
def hand_over(*, slug: str, public_id: str, by: User, now: datetime) -> tuple[Team, UserProfile]:
    """Make a member captain in place of ``by``. Return the team and the member.

    :raises DomainError: as ``hand_over_captaincy``.
    :raises NotFound: there is no such team or player.
    :raises Suspended: ``by`` is.
    """
    team, profile = get_team(slug), get_any_player(public_id)
    require_good_standing(by, now)
    services.hand_over_captaincy(team=team, to=profile.user, by=by, now=now)
    return team, profile


def _require_invitable(user: User, by: User) -> UserProfile:
    """Return the profile of a player who can be invited: who is listed, and neither blocks the other.

    :raises NotInvitable: they cannot be.
    """
    either = Q(blocker=by, blocked=user) | Q(blocker=user, blocked=by)
    blockers = set(Block.objects.filter(either).values_list("blocker_id", flat=True))
    if by.pk in blockers:
        message = _("You blocked %(name)s; unblock them first, then invite them.")
        raise NotInvitable(message % {"name": user.shown_name}, field="player")
    profile = filter_listed(UserProfile.objects.filter(user=user)).first()
    if blockers or profile is None:
        raise NotInvitable(_("This player cannot be invited; invite somebody else."), field="player")
    found: UserProfile = profile
    return found


def _describe_own(user: User, rows: Sequence[TeamMembership]) -> list[OwnTeamLine]:
    roles: dict[int, list[TeamRole]] = {row.team_id: [] for row in rows}
    held = TeamRole.objects.filter(user=user, team__in=roles, ended_at__isnull=True)
    for role in held.order_by("given_at", "id"):
        roles[role.team_id].append(role)
    return [OwnTeamLine(row.team, row.joined_at, roles[row.team_id]) for row in rows]


def _describe_own_invitations(rows: Sequence[TeamInvitation]) -> list[InvitationLine]:
    by = _list_profiles(rows)
    return [InvitationLine(row.team, None, by.get(row.invited_by_id), row.invited_at) for row in rows]


def _describe_invitations(team: Team, rows: Sequence[TeamInvitation]) -> list[InvitationLine]:
    by = _list_profiles(rows)
    return [
        InvitationLine(team, profile_of(row.user), by.get(row.invited_by_id), row.invited_at) for row in rows
    ]


def _list_profiles(rows: Sequence[TeamInvitation]) -> dict[int | None, UserProfile]:
    """Return user's id → profile, of who invites and is listed; one query where anybody does."""
    inviting = {row.invited_by_id for row in rows}
    profiles = filter_listed(UserProfile.objects.filter(user__in=inviting)).select_related("user")
    return {each.user_id: each for each in profiles}
