"""Checking in, withdrawing, coming back: steps of the player in a solo event, of the whole team in others."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.errors import Conflict
from deltacrown.teams.models import Team
from deltacrown.tournaments import signals
from deltacrown.tournaments.models import Tournament, TournamentParticipation
from deltacrown.tournaments.services.entrants import (
    EntrantName,
    Participation,
    bring_back_roster,
    find_way_in,
    get_entrant,
    has_status,
    list_entrant_roster,
    name_of,
)
from deltacrown.tournaments.services.entry_changes import Dating, Kind, check_order, log_entrant
from deltacrown.tournaments.services.register import EntrantDisqualified
from deltacrown.tournaments.services.registration import check_capacity, count_entrants
from deltacrown.tournaments.services.states import Status, lock_tournament, require_state
from django_tally.transactions import atomic_service


class EntrantWithdrawn(Conflict):
    """An entrant that withdrew cannot check in or be placed."""


@atomic_service
def check_in(
    *,
    tournament: Tournament,
    user: User | None = None,
    team: Team | None = None,
    at: datetime | None = None,
    reason: str = "",
    now: datetime | None = None,
    by: User | None = None,
) -> list[TournamentParticipation]:
    """Check an entrant in, while registration is open; one that is checked in stays so.

    ``take_back_check_in`` undoes it.

    :param at: when, if not now, and not before its last step; ``by``: who did it. Both, and the reason, go to
        the log of the tournament.
    :return: its registrations.
    :raises EntrantDisqualified: it was disqualified.
    :raises EntrantWithdrawn: it withdrew.
    :raises NotRegistered: it is not registered.
    :raises WrongState: registration is not open.
    """
    dating = Dating(at=at or now, by=by, reason=reason)
    dating.check(now=now)
    roster = _lock_roster(tournament, user, team)
    if has_status(roster, Participation.CHECKED_IN):
        return roster
    require_state(tournament, [Status.OPEN], "checking in")
    _refuse_withdrawn(tournament, roster, _name(user, team))
    _refuse_disqualified(tournament, roster)
    check_order(tournament, roster, at)
    _set_status(roster, Participation.CHECKED_IN)
    log_entrant(tournament, roster, Kind.CHECKED_IN, dating)
    signals.entrant_checked_in.send(TournamentParticipation, tournament=tournament, participations=roster)
    return roster


@atomic_service
def take_back_check_in(
    *,
    tournament: Tournament,
    user: User | None = None,
    team: Team | None = None,
    at: datetime | None = None,
    reason: str = "",
    now: datetime | None = None,
    by: User | None = None,
) -> list[TournamentParticipation]:
    """Undo a check-in, while registration is open: the entrant is registered again, as it was before.

    One that is not checked in stays so, also after the start.

    :param at: as of ``check_in``, and so are ``reason`` and ``by``.
    :return: its registrations.
    :raises EntrantDisqualified: it was disqualified.
    :raises EntrantWithdrawn: it withdrew.
    :raises NotRegistered: it is not registered.
    :raises WrongState: registration is not open.
    """
    dating = Dating(at=at or now, by=by, reason=reason)
    dating.check(now=now)
    roster = _lock_roster(tournament, user, team)
    if has_status(roster, Participation.REGISTERED):
        return roster
    require_state(tournament, [Status.OPEN], "taking a check-in back")
    _refuse_withdrawn(tournament, roster, _name(user, team))
    _refuse_disqualified(tournament, roster)
    check_order(tournament, roster, at)
    _set_status(roster, Participation.REGISTERED)
    log_entrant(tournament, roster, Kind.UNCHECKED, dating)
    signals.check_in_taken_back.send(TournamentParticipation, tournament=tournament, participations=roster)
    return roster


@atomic_service
def withdraw(
    *,
    tournament: Tournament,
    user: User | None = None,
    team: Team | None = None,
    at: datetime | None = None,
    reason: str = "",
    now: datetime | None = None,
    by: User | None = None,
) -> list[TournamentParticipation]:
    """Take an entrant out of a tournament that has not ended; the registration stays recorded, marked.

    ``take_back_withdrawal`` undoes it.

    :param at: as of ``check_in``, and so are ``reason`` and ``by``.
    :return: its registrations.
    :raises EntrantDisqualified: it was disqualified.
    :raises NotRegistered: it is not registered.
    :raises WrongState: the tournament has ended; an organiser may disqualify.
    """
    dating = Dating(at=at or now, by=by, reason=reason)
    dating.check(now=now)
    roster = _lock_roster(tournament, user, team)
    if has_status(roster, Participation.WITHDRAWN):
        return roster
    require_state(tournament, [Status.OPEN, Status.RUNNING], "withdrawing")
    _refuse_disqualified(tournament, roster)
    check_order(tournament, roster, at)
    for row in roster:
        row.withdrawn_from, row.status = row.status, Participation.WITHDRAWN
    TournamentParticipation.objects.bulk_update(roster, ["status", "withdrawn_from"])
    log_entrant(tournament, roster, Kind.WITHDRAWN, dating)
    signals.entrant_withdrawn.send(TournamentParticipation, tournament=tournament, participations=roster)
    return roster


@atomic_service
def take_back_withdrawal(
    *,
    tournament: Tournament,
    user: User | None = None,
    team: Team | None = None,
    at: datetime | None = None,
    reason: str = "",
    now: datetime | None = None,
    by: User | None = None,
) -> list[TournamentParticipation]:
    """Let an entrant that withdrew in again, with the roster and the status it had; one that is in stays so.

    :param at: as of ``check_in``, and so are ``reason`` and ``by``.
    :return: its registrations.
    :raises EntrantDisqualified: it was disqualified.
    :raises NotRegistered: it is not registered.
    :raises TournamentFull: registration is open, and its place was taken.
    :raises WrongState: the tournament is a draft or cancelled.
    """
    dating = Dating(at=at or now, by=by, reason=reason)
    dating.check(now=now)
    roster = _lock_roster(tournament, user, team)
    _refuse_disqualified(tournament, roster)
    if not has_status(roster, Participation.WITHDRAWN):
        return roster

    allowed = [Status.OPEN, Status.RUNNING, Status.COMPLETED]
    require_state(tournament, allowed, "taking a withdrawal back")
    check_order(tournament, roster, at)
    bring_back_roster(roster)
    # After the start the organiser decides, also where the place was given to somebody else.
    if tournament.status == Status.OPEN:
        check_capacity(tournament, tournament.participations.all())
    log_entrant(tournament, roster, Kind.RETURNED, dating)
    signals.withdrawal_taken_back.send(TournamentParticipation, tournament=tournament, participations=roster)
    return roster


def _lock_roster(
    tournament: Tournament, user: User | None, team: Team | None
) -> list[TournamentParticipation]:
    lock_tournament(tournament)
    return list_entrant_roster(tournament, get_entrant(tournament, user, team))


def _set_status(roster: list[TournamentParticipation], status: Participation) -> None:
    for row in roster:
        row.status = status
    TournamentParticipation.objects.bulk_update(roster, ["status"])


def _refuse_withdrawn(
    tournament: Tournament, roster: list[TournamentParticipation], name: EntrantName
) -> None:
    if not has_status(roster, Participation.WITHDRAWN):
        return
    is_full = count_entrants(tournament, tournament.participations.all()) == tournament.capacity
    sentence = (
        _("%(name)s withdrew from %(tournament)s, and its place was taken.")
        if is_full
        else _("%(name)s withdrew from %(tournament)s; register again first.")
    )
    raise EntrantWithdrawn(sentence % {"name": name, "tournament": tournament.name}, field="entrant")


def _refuse_disqualified(tournament: Tournament, roster: list[TournamentParticipation]) -> None:
    if any(row.status == Participation.DISQUALIFIED for row in roster):
        is_solo = tournament.entrant_kind == Tournament.EntrantKind.SOLO
        who = name_of(roster[0].user if is_solo else roster[0].team or roster[0].user)
        message = _("%(name)s was disqualified; an organiser can use %(service)s.")
        said = {"name": who, "service": find_way_in(tournament)}
        raise EntrantDisqualified(message % said, field="entrant")


def _name(user: User | None, team: Team | None) -> EntrantName:
    return name_of(user or team or User())
