"""Invitations to a tournament: who is asked to enter it, and what they answer.

Whether an invitation can still be accepted follows from the tournament and from who is entered: nothing is
written when a tournament is cancelled, begins, or the entrant comes in by another way. Accepting enters the
player or team by the same services and rules as registering does, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.dates import write_iso_minute
from deltacrown.core.errors import Conflict, NotFound
from deltacrown.core.inserts import insert_rows
from deltacrown.teams.models import Team
from deltacrown.teams.services import list_leading
from deltacrown.tournaments import signals
from deltacrown.tournaments.models import (
    InvitationQuerySet,
    Tournament,
    TournamentInvitation,
    TournamentParticipation,
)
from deltacrown.tournaments.services.entrants import Participation, get_entrant, group_rosters, name_of
from deltacrown.tournaments.services.permissions import (
    RegistrationClosed,
    filter_own_invitations,
    require_entry,
    require_organiser,
)
from deltacrown.tournaments.services.registration import TournamentFull, register_player, register_team
from deltacrown.tournaments.services.states import Status, WrongState, lock_tournament, require_state
from django_tally.transactions import atomic_service

Entrant = User | Team
Answer = TournamentInvitation.Status


class InvitationNotFound(NotFound):
    """There is no such invitation, or it is nobody's whom the asker may answer for."""


class InvitationSettled(Conflict):
    """The invitation was answered otherwise, or taken back."""


class Sent(StrEnum):
    """What an invitation of an entrant came to."""

    INVITED = "invited"
    AGAIN = "invited again"
    WAITS = "invited already"
    ENTERED = "entered already"
    DISQUALIFIED = "disqualified"


@dataclass(frozen=True)
class SentInvitation:
    """Who was to be invited, and what came of it."""

    entrant: Entrant
    sent: Sent


@atomic_service
def invite_entrants(
    *,
    tournament: Tournament,
    users: Sequence[User] = (),
    teams: Sequence[Team] = (),
    by: User,
    now: datetime,
) -> list[SentInvitation]:
    """Invite players, or teams, in a constant number of queries, and say what came of each.

    Who takes part, or has an invitation to answer, is left as they are. Who declined, withdrew, or whose
    invitation was taken back, is invited again. Players are told, and of teams those who act for them.

    :raises InvalidEntrant: a player is given in an event for teams, or a team in one for players.
    :raises MayNotOrganise: ``by`` does not run the tournament.
    :raises RegistrationClosed: the time until which players and captains register has passed.
    :raises WrongState: registration is not open.
    """
    lock_tournament(tournament)
    require_organiser(tournament, by)
    _require_inviting(tournament, now)
    pairs = [*((user, None) for user in users), *((None, team) for team in teams)]
    asked: dict[int, Entrant] = {
        entrant.pk: entrant for pair in pairs for entrant in [get_entrant(tournament, *pair)]
    }
    is_solo = tournament.entrant_kind == Tournament.EntrantKind.SOLO
    column = "user" if is_solo else "team"
    those = {f"{column}__in": list(asked)}
    rows = tournament.invitations.filter(**those)
    known = {row.user_id if is_solo else row.team_id: row for row in rows}
    entered = group_rosters(tournament, tournament.participations.filter(**those))

    sent = {key: _judge(known.get(key), entered.get(key, [])) for key in asked}
    invited = [key for key, each in sent.items() if each in {Sent.INVITED, Sent.AGAIN}]
    written = [known.get(key) or TournamentInvitation(tournament=tournament) for key in invited]
    for key, row in zip(invited, written, strict=True):
        setattr(row, column, asked[key])
        row.status, row.invited_at, row.invited_by = Answer.INVITED, now, by
        row.settled_at = row.settled_by = None
    _write(written)
    if written:
        told = invited if is_solo else _list_leaders(invited, now)
        signals.entrants_invited.send(
            TournamentInvitation, tournament=tournament, invitations=written, told=told, by=by, now=now
        )
    return [SentInvitation(asked[key], each) for key, each in sent.items()]


@atomic_service
def take_back_invitation(*, invitation: TournamentInvitation, by: User, now: datetime) -> bool:
    """Take an invitation back, and return whether it was still to be answered.

    :raises InvitationSettled: it was accepted, and the entrant takes part.
    :raises MayNotOrganise: ``by`` does not run the tournament.
    """
    row = _lock(invitation, now)
    require_organiser(row.tournament, by)
    if row.status == Answer.ACCEPTED and row.is_entered:
        message = _("%(name)s accepted, and is entered; withdraw them under Entrants instead.")
        raise InvitationSettled(message % {"name": name_of(_entrant_of(row))}, field="invitation")
    if row.status != Answer.INVITED:
        return False
    _settle(row, Answer.TAKEN_BACK, by, now)
    return True


@atomic_service
def answer_invitation(
    *, invitation: TournamentInvitation, accept: bool, by: User, now: datetime
) -> TournamentInvitation:
    """Accept an invitation, which enters the player or team, or decline it. The same again changes nothing.

    :raises InvitationNotFound: it is nobody's for whom ``by`` answers.
    :raises InvitationSettled: it was answered otherwise, or taken back.
    :raises DomainError: as ``require_entry``, ``register_player`` and ``register_team``.
    """
    row = _lock(invitation, now)
    if not any(rows.filter(pk=row.pk).exists() for rows in filter_own_invitations(by, now)):
        raise InvitationNotFound(_("There is no such invitation to you."), field="invitation")
    if not accept:
        _decline(row, by, now)
        return row
    if row.status == Answer.ACCEPTED and row.is_entered:
        return row
    if row.status != Answer.INVITED:
        raise InvitationSettled(_say_settled(row), field="invitation")
    _enter(row, by, now)
    _settle(row, Answer.ACCEPTED, by, now)
    return row


def list_invitations(tournament: Tournament, by: User, now: datetime) -> InvitationQuerySet:
    """Return the invitations to a tournament, to who runs it, in no order.

    :raises MayNotOrganise: ``by`` does not.
    """
    require_organiser(tournament, by)
    return TournamentInvitation.objects.filter(tournament=tournament).ask(now)


def list_own_invitations(user: User, now: datetime) -> list[InvitationQuerySet]:
    """Return those to ``user``, and those to the teams for which they act, each in no order."""
    return [rows.ask(now) for rows in filter_own_invitations(user, now)]


def _require_inviting(tournament: Tournament, now: datetime) -> None:
    told = {"tournament": tournament.name}
    if tournament.status == Status.DRAFT:
        message = _("%(tournament)s is a draft; open registration first, then invite.")
        raise WrongState(message % told, field="tournament")
    if tournament.status == Status.RUNNING:
        message = _("%(tournament)s has begun; enter somebody late under Entrants instead.")
        raise WrongState(message % told, field="tournament")
    require_state(tournament, [Status.OPEN], "registration")
    closes_at = tournament.registration_closes_at
    if closes_at is not None and now >= closes_at:
        told["time"] = write_iso_minute(closes_at)
        message = _(
            "Registration for %(tournament)s closed at %(time)s; set a later time under Details, "
            "or enter somebody under Entrants."
        )
        raise RegistrationClosed(message % told, field="tournament")


def _judge(row: TournamentInvitation | None, roster: Sequence[TournamentParticipation]) -> Sent:
    if any(each.status == Participation.DISQUALIFIED for each in roster):
        return Sent.DISQUALIFIED
    if any(each.status != Participation.WITHDRAWN for each in roster):
        return Sent.ENTERED
    if row is None:
        return Sent.INVITED
    return Sent.WAITS if row.status == Answer.INVITED else Sent.AGAIN


def _write(rows: Sequence[TournamentInvitation]) -> None:
    again = [row for row in rows if row.pk is not None]
    columns = ["status", "invited_at", "invited_by", "settled_at", "settled_by"]
    TournamentInvitation.objects.bulk_update(again, columns)
    insert_rows([row for row in rows if row.pk is None])


def _list_leaders(teams: Sequence[int], now: datetime) -> list[int]:
    found = list_leading(now).filter(team__in=teams, user__is_active=True).order_by("user")
    return list(found.values_list("user_id", flat=True).distinct())


def _lock(invitation: TournamentInvitation, now: datetime) -> TournamentInvitation:
    """Return the invitation as it is now, after every other answer to it and entry into its tournament.

    :raises InvitationNotFound: it is gone.
    """
    lock_tournament(invitation.tournament)
    rows = TournamentInvitation.objects.select_related("tournament", "user", "team").ask(now)
    row = rows.filter(pk=invitation.pk).first()
    if row is None:
        raise InvitationNotFound(_("There is no such invitation to you."), field="invitation")
    return row


def _settle(row: TournamentInvitation, status: Answer, by: User, now: datetime) -> None:
    row.status, row.settled_by, row.settled_at = status, by, now
    row.save(update_fields=["status", "settled_by", "settled_at"])


def _decline(row: TournamentInvitation, by: User, now: datetime) -> None:
    if row.status == Answer.ACCEPTED and row.is_entered:
        message = _("You accepted, and are entered; withdraw on the page of %(tournament)s instead.")
        raise InvitationSettled(message % {"tournament": row.tournament.name}, field="invitation")
    if row.status == Answer.INVITED:
        _settle(row, Answer.DECLINED, by, now)


def _enter(row: TournamentInvitation, by: User, now: datetime) -> None:
    """Enter the player or team. A refusal says what can be done about an invitation."""
    tournament = row.tournament
    if tournament.status == Status.RUNNING and not row.is_entered:
        message = _("%(tournament)s has begun; its organiser can still enter you late.")
        raise WrongState(message % {"tournament": tournament.name}, field="tournament")
    require_entry(tournament, by, user=row.user, team=row.team, now=now)
    try:
        if row.team is not None:
            register_team(tournament=tournament, team=row.team, roster=None, now=now, by=by)
        elif row.user is not None:
            register_player(tournament=tournament, user=row.user, now=now, by=by)
    except TournamentFull as refusal:
        message = _(
            "All %(places)s places of %(tournament)s are taken; accept when one is free. "
            "The invitation stays."
        )
        said = {"places": tournament.capacity, "tournament": tournament.name}
        raise TournamentFull(message % said, field="tournament") from refusal


def _say_settled(row: TournamentInvitation) -> str:
    is_gone = row.status == Answer.TAKEN_BACK
    said = _("This invitation was taken back.") if is_gone else _("This invitation was answered before.")
    if not row.takes_entries:
        return said
    still = _("You can still register, on the page of %(tournament)s.") % {"tournament": row.tournament.name}
    return f"{said} {still}"


def _entrant_of(row: TournamentInvitation) -> Entrant:
    return row.team or row.user or User()
