"""Invitations: a team asks a player to join, and the player answers. Nobody is put in a team without that.

An invitation is the team's, whoever of its captains sent it: any of them may withdraw it, and it stays open
when its sender is captain no more.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.dates import write_iso_minute
from deltacrown.core.errors import Conflict
from deltacrown.teams import signals
from deltacrown.teams.models import Team, TeamInvitation, TeamMembership
from deltacrown.teams.services.memberships import join_team, lock_teams
from deltacrown.teams.services.roles import require_management
from django_tally.transactions import atomic_service

Answer = TeamInvitation.Answer

#: How many open invitations a team may have.
MOST_INVITED = 30
#: How long a team does not ask a player who said no.
PAUSE = timedelta(days=30)


class InvitationConflict(Conflict):
    """The player cannot be invited as things are."""


class NoInvitation(Conflict):
    """There is no open invitation of this player to this team."""


@atomic_service
def invite_player(*, team: Team, user: User, by: User | None, now: datetime) -> TeamInvitation:
    """Ask a player to join a team; while an invitation is open, asking again returns it.

    :param by: who asks, a captain or staff; None for the site itself.
    :raises InvitationConflict: the player is in the team, said no lately, or too many are invited.
    :raises MayNotManage: ``by`` does not run the team.
    """
    lock_teams([team.pk])
    require_management(team, by, now=now)
    if same := _list_open(team).filter(user=user).first():
        return same
    _check_invitable(team, user, now)
    invitation = TeamInvitation.objects.create(team=team, user=user, invited_by=by, invited_at=now)
    signals.player_invited.send(TeamInvitation, invitation=invitation)
    return invitation


@atomic_service
def accept_invitation(*, team: Team, user: User, now: datetime) -> TeamInvitation:
    """Record that a player accepts and joins the team; accepting again changes nothing while they are in it.

    :raises NoInvitation: none is open.
    """
    lock_teams([team.pk])
    invitation = _list_open(team).filter(user=user).first()
    if invitation is None:
        last = _find_last(team, user)
        if last is None or last.answer != Answer.ACCEPTED or not _is_in(team, user):
            raise _build_missing(team)
        return last
    if not _is_in(team, user):
        join_team(team=team, user=user, joined_at=now)
    return _answer(invitation, Answer.ACCEPTED, now)


@atomic_service
def decline_invitation(*, team: Team, user: User, now: datetime) -> TeamInvitation:
    """Record that a player declines; declining again changes nothing. The team cannot ask again for 30 days.

    :raises NoInvitation: none is open.
    """
    lock_teams([team.pk])
    invitation = _list_open(team).filter(user=user).first()
    if invitation is None:
        last = _find_last(team, user)
        if last is None or last.answer != Answer.DECLINED:
            raise _build_missing(team)
        return last
    return _answer(invitation, Answer.DECLINED, now)


@atomic_service
def withdraw_invitation(*, team: Team, user: User, by: User | None, now: datetime) -> TeamInvitation:
    """Take an open invitation back; doing so again changes nothing.

    :param by: as of ``invite_player``.
    :raises MayNotManage: ``by`` does not run the team.
    :raises NoInvitation: none is open.
    """
    lock_teams([team.pk])
    require_management(team, by, now=now)
    invitation = _list_open(team).filter(user=user).first()
    if invitation is not None:
        return _answer(invitation, Answer.WITHDRAWN, now)
    last = _find_last(team, user)
    if last is None or last.answer != Answer.WITHDRAWN:
        message = _("No invitation of this player to %(team)s is open; they may have answered it.")
        raise NoInvitation(message % {"team": team.name}, field="player")
    return last


def list_open_invitations(team: Team) -> QuerySet[TeamInvitation]:
    """Return whom a team asks to join, who was asked last at the top: for who runs the team."""
    return _list_open(team).order_by("-invited_at", "-id")


def list_invitations_to(user: User) -> QuerySet[TeamInvitation]:
    """Return the open invitations to a player, ``team`` fetched along: for the player."""
    return TeamInvitation.objects.filter(user=user, answer="").select_related("team")


def _list_open(team: Team) -> QuerySet[TeamInvitation]:
    return TeamInvitation.objects.filter(team=team, answer="")


def _find_last(team: Team, user: User) -> TeamInvitation | None:
    answered = TeamInvitation.objects.filter(team=team, user=user).exclude(answer="")
    return answered.order_by("-answered_at", "-id").first()


def _is_in(team: Team, user: User) -> bool:
    return TeamMembership.objects.filter(team=team, user=user, left_at__isnull=True).exists()


def _answer(invitation: TeamInvitation, answer: Answer, now: datetime) -> TeamInvitation:
    invitation.answer, invitation.answered_at = answer, now
    invitation.save(update_fields=["answer", "answered_at"])
    return invitation


def _check_invitable(team: Team, user: User, now: datetime) -> None:
    words = {"player": user.shown_name, "team": team.name}
    if _is_in(team, user):
        message = _("%(player)s is in %(team)s already; invite somebody else.") % words
        raise InvitationConflict(message, field="player")
    no = TeamInvitation.objects.filter(team=team, user=user, answer=Answer.DECLINED)
    if last := no.filter(answered_at__gt=now - PAUSE).order_by("-answered_at").first():
        message = _("%(player)s said no to %(team)s; you can ask again from %(time)s on.")
        until = write_iso_minute(last.answered_at + PAUSE) if last.answered_at else ""
        raise InvitationConflict(message % {**words, "time": until}, field="player")
    if _list_open(team).count() >= MOST_INVITED:
        message = _("%(team)s has %(most)s open invitations; withdraw one first.")
        raise InvitationConflict(message % {**words, "most": MOST_INVITED}, field="player")


def _build_missing(team: Team) -> NoInvitation:
    message = _("No invitation to %(team)s is open for you; ask one of its captains to invite you.")
    return NoInvitation(message % {"team": team.name}, field="team")
