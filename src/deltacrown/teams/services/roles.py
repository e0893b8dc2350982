"""Roles of a team's members over time: who is its captain, coach, substitute, and since when.

A role is the period from ``given_at`` (included) to ``ended_at`` (excluded), within a membership. A member
may have several roles, and a team several captains, who are equals. Captains run their team: they give and
end roles, end memberships, and act for it in tournaments.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right, has_right
from deltacrown.core.dates import write_iso_minute
from deltacrown.core.errors import Conflict, DomainError, InvalidInput
from deltacrown.core.inputs import check_past
from deltacrown.teams.models import Team, TeamMembership, TeamRole
from deltacrown.teams.services.memberships import InvalidDate, NotInTeam, leave_team, lock_teams
from django_tally.database_clock import DatabaseNow
from django_tally.transactions import atomic_service

Role = TeamRole.Role

#: How many captains a message names.
NAMED = 3


class MayNotManage(DomainError):
    """The person is no captain of the team."""

    code = "forbidden"


class UnknownRole(InvalidInput):
    """There is no role of that name."""


class RoleConflict(Conflict):
    """The period overlaps one in which the member had the role."""


class RoleNotHeld(Conflict):
    """The member does not have the role, so it cannot end."""


@atomic_service
def give_role(
    *, team: Team, user: User, role: str, by: User | None, now: datetime, given_at: datetime | None = None
) -> TeamRole:
    """Give a member of a team a role; who has it already keeps it as it is.

    :param by: who gives it, a captain or staff; None for the site itself.
    :param given_at: since when they have it, if not since now.
    :raises InvalidInput: ``given_at`` has no time zone, or is in the future.
    :raises MayNotManage: ``by`` may not give roles in this team.
    :raises NotInTeam: the player was not in the team at ``given_at``, or has left it since.
    :raises RoleConflict: the player had the role at ``given_at`` or later.
    :raises UnknownRole: there is no such role.
    """
    at = given_at or now
    _check_role(role)
    check_past(at, field="given_at", now=now)
    lock_teams([team.pk])
    require_management(team, by, now=now)
    _require_member(team, user, at)

    roles = TeamRole.objects.filter(team=team, user=user, role=role)
    has_it = Q(ended_at__isnull=True) & (Q() if given_at is None else Q(given_at=given_at))
    if same := roles.filter(has_it).first():
        return same
    lasts_longer = Q(ended_at__isnull=True) | Q(ended_at__gt=at)
    if later := roles.lasting().filter(lasts_longer).order_by("given_at").first():
        raise _build_conflict(user, later)
    return TeamRole.objects.create(team=team, user=user, role=role, given_at=at, given_by=by)


@atomic_service
def end_role(
    *, team: Team, user: User, role: str, by: User | None, now: datetime, ended_at: datetime | None = None
) -> TeamRole:
    """End a role of a member; ending it again at the same time changes nothing. Members may end their own.

    :param by: as of ``give_role``.
    :param ended_at: when it ended, if not now.
    :raises InvalidDate: ``ended_at`` is before they got the role.
    :raises InvalidInput: ``ended_at`` has no time zone, or is in the future.
    :raises MayNotManage: ``by`` may not end roles of others in this team.
    :raises RoleNotHeld: the player does not have the role.
    :raises UnknownRole: there is no such role.
    """
    at = ended_at or now
    _check_role(role)
    check_past(at, field="ended_at", now=now)
    lock_teams([team.pk])
    if by is None or by.pk != user.pk:
        require_management(team, by, now=now)

    roles = TeamRole.objects.filter(team=team, user=user, role=role)
    if same := roles.filter(ended_at=at).first():
        return same
    held = roles.filter(ended_at__isnull=True).first()
    if held is None:
        words = {"player": user.shown_name, "role": Role(role).label.lower(), "team": team.name}
        message = _("%(player)s is no %(role)s of %(team)s; name a role they have.") % words
        raise RoleNotHeld(message, field="role")
    if at < held.given_at:
        words = {"player": user.shown_name, "since": write_iso_minute(held.given_at)}
        message = _("%(player)s got the role at %(since)s; end it then or later.") % words
        raise InvalidDate(message, field="ended_at")
    held.ended_at = at
    held.save(update_fields=["ended_at"])
    return held


@atomic_service
def end_membership(*, team: Team, user: User, by: User | None, now: datetime) -> TeamMembership:
    """End a membership now, and the member's roles with it. Members may leave themselves.

    :param by: as of ``give_role``.
    :raises MayNotManage: ``by`` may not end the memberships of others in this team.
    :raises NotInTeam: the player is not in the team.
    """
    lock_teams([team.pk])
    if by is None or by.pk != user.pk:
        require_management(team, by, now=now)
    return leave_team(team=team, user=user, left_at=now)


def list_roles(team: Team, at: datetime) -> list[TeamRole]:
    """Return the roles that members of ``team`` had at time ``at``, captains first; ``user`` is loaded."""
    held = TeamRole.objects.held_at(at).filter(team=team).select_related("user__profile")
    ranks = {role: rank for rank, role in enumerate(Role.values)}
    return sorted(held, key=lambda row: (ranks[row.role], row.given_at, row.pk))


def list_captains(team: Team, at: datetime) -> list[User]:
    """Return the captains of ``team`` at time ``at``, those who became it first at the top.

    One whose account is closed is left out: they can do nothing, and the team would be left with nobody.
    """
    held = TeamRole.objects.held_at(at).filter(team=team, role=Role.CAPTAIN, user__is_active=True)
    return [row.user for row in held.select_related("user__profile").order_by("given_at", "id")]


def find_captains(at: datetime, *, user: User, teams: Iterable[int]) -> dict[int, set[int]]:
    """Return team's id → the ids of its captains at ``at``, for ``teams`` that have one. One query.

    The other teams that ``user`` leads are in it too, with ``user`` alone.
    """
    held = TeamRole.objects.held_at(at).filter(role=Role.CAPTAIN, user__is_active=True)
    found: dict[int, set[int]] = {}
    rows = held.filter(Q(user=user) | Q(team__in=list(teams)))
    for team, captain in rows.values_list("team", "user"):
        found.setdefault(team, set()).add(captain)
    return found


def list_teams_led(user: User, at: datetime) -> QuerySet[Team]:
    """Return the teams for which ``user`` acts at ``at``: those they lead, or are in while nobody
    leads them.
    """
    leading = list_leading(at).filter(user=user)
    return Team.objects.filter(pk__in=leading.values("team")).order_by("name", "id")


def list_leading(at: datetime | DatabaseNow) -> QuerySet[TeamMembership]:
    """Return the memberships at ``at`` of who acts for a team: its captains, or all where it has none."""
    captains = TeamRole.objects.held_at(at).filter(role=Role.CAPTAIN, user__is_active=True)
    of_team = captains.filter(team=OuterRef("team"))
    leads = Exists(of_team.filter(user=OuterRef("user"))) | ~Exists(of_team)
    return TeamMembership.objects.present_at(at).filter(leads)


def can_manage(team: Team, user: User, *, now: datetime) -> bool:
    """Return whether ``user`` runs the team: a captain of it, or staff with the right to run all teams."""
    if has_right(user, Right.MANAGE_TEAMS):
        return True
    return user.pk in {captain.pk for captain in list_captains(team, now)}


def require_management(team: Team, by: User | None, *, now: datetime) -> None:
    """Refuse unless ``by`` runs the team; None is the site itself, which may.

    :raises MayNotManage: they do not.
    """
    if by is None or can_manage(team, by, now=now):
        return
    who = name_captains(list_captains(team, now))
    words = {"captains": who, "right": Right.MANAGE_TEAMS, "team": team.name}
    raise MayNotManage(
        _("Only %(captains)s and staff with the permission %(right)s may do this.") % words
        if who
        else _("%(team)s has no captain; staff with the permission %(right)s may do this.") % words
    )


def name_captains(captains: list[User]) -> str:
    """Return who the captains of a team are, for a message; empty when there is none."""
    if not captains:
        return ""
    names = ", ".join(captain.shown_name for captain in captains[:NAMED])
    if more := max(0, len(captains) - NAMED):
        names = _("%(names)s and %(more)s more") % {"names": names, "more": more}
    return ngettext("the team's captain (%(names)s)", "the team's captains (%(names)s)", len(captains)) % {
        "names": names
    }


def _check_role(role: str) -> None:
    if role not in Role.values:
        words = {"role": f"{role!r:.40}", "roles": ", ".join(Role.values)}
        raise UnknownRole(_("There is no role %(role)s; use one of %(roles)s.") % words, field="role")


def _require_member(team: Team, user: User, at: datetime) -> None:
    """Raise ``NotInTeam`` unless the player was in the team at ``at`` and is so still."""
    memberships = TeamMembership.objects.present_at(at).filter(team=team, user=user, left_at__isnull=True)
    if not memberships.exists():
        words = {"player": user.shown_name, "team": team.name, "time": write_iso_minute(at)}
        message = _("%(player)s is not in %(team)s since %(time)s; a role is given to a member of the team.")
        raise NotInTeam(message % words, field="user")


def _build_conflict(user: User, later: TeamRole) -> RoleConflict:
    words = {
        "player": user.shown_name,
        "role": later.get_role_display().lower(),
        "since": write_iso_minute(later.given_at),
    }
    if later.ended_at is None:
        message = _("%(player)s is %(role)s from %(since)s on; end it at its own start first, with end_role.")
    else:
        words["until"] = write_iso_minute(later.ended_at)
        message = _("%(player)s is %(role)s from %(since)s to %(until)s; give a time from then on.")
    return RoleConflict(message % words, field="given_at")
