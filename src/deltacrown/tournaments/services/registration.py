"""Entering a tournament: one player, one team, or many entrants at once.

A team enters with a roster: a registration for every member, whoever joins or leaves the team since.
``rosters.change_roster`` changes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.errors import Conflict
from deltacrown.core.inputs import check_past
from deltacrown.teams.models import Team
from deltacrown.teams.services import Member
from deltacrown.teams.services import list_members as list_team_members
from deltacrown.tournaments import signals
from deltacrown.tournaments.models import Tournament, TournamentParticipation
from deltacrown.tournaments.services.entrants import (
    InvalidEntrant,
    Participation,
    get_entrant,
    group_rosters,
    name_of,
)
from deltacrown.tournaments.services.entry_changes import Dating, Kind, log_entrant
from deltacrown.tournaments.services.register import (
    EntrantRecord,
    Register,
    list_open_states,
    write_registers,
)
from deltacrown.tournaments.services.states import Status, lock_tournament, require_state
from django_tally.transactions import atomic_service

#: Team's id → its memberships.
Members = dict[int, list[Member]]


class TournamentFull(Conflict):
    """There are more entrants than places."""


@atomic_service
def register_player(
    *,
    tournament: Tournament,
    user: User,
    now: datetime,
    registered_at: datetime | None = None,
    late: bool = False,
    reason: str = "",
    by: User | None = None,
) -> TournamentParticipation:
    """Register a player for a solo event, or find them registered; one who withdrew may enter again.

    :param registered_at: when they registered, if not now.
    :param late: also while the tournament is running: the organiser's late entry, whatever the places.
    :param reason: goes to the log of the tournament, and so does ``by``: who entered them.
    :raises EntrantDisqualified: they were disqualified.
    :raises InvalidEntrant: the event is for teams, or the date is in the future.
    :raises TournamentFull: registration is open, and every place is taken.
    :raises WrongState: registration is not open.
    """
    entrant = EntrantRecord(user=user, registered_at=registered_at)
    register = _register_one(tournament, entrant, now, late=late, reason=reason, by=by)
    return register.by_user[user.pk]


@atomic_service
def register_team(
    *,
    tournament: Tournament,
    team: Team,
    roster: Sequence[User] | None,
    now: datetime,
    registered_at: datetime | None = None,
    late: bool = False,
    reason: str = "",
    by: User | None = None,
) -> list[TournamentParticipation]:
    """Register a team with a roster, or find it registered; one that withdrew may enter with another roster.

    :param roster: the players; None for the team's members at ``registered_at``, but those who only coach,
        analyse or manage.
    :param registered_at: when it registered, if not now.
    :param late: as of ``register_player``, and so are ``reason`` and ``by``.
    :return: a registration per member of the roster.
    :raises AlreadyRegistered: the team is registered with another roster, or a player with another team.
    :raises EntrantDisqualified: the team was disqualified.
    :raises InvalidEntrant: the event is for players, the roster is empty or names a player twice, or the
        date is in the future.
    :raises TournamentFull: registration is open, and every place is taken.
    :raises WrongState: registration is not open.
    """
    entrant = EntrantRecord(team=team, roster=roster, registered_at=registered_at)
    register = _register_one(tournament, entrant, now, late=late, reason=reason, by=by)
    return group_rosters(tournament, register.by_team[team.pk].values())[team.pk]


@atomic_service
def register_entrants(
    *, tournament: Tournament, entrants: Sequence[EntrantRecord], now: datetime, late: bool = False
) -> list[TournamentParticipation]:
    """Register many entrants in a constant number of queries, all or none.

    An entrant known already is left as it is, whatever became of it since: a file that is imported
    again takes no withdrawal and no disqualification back. Players a known team's ``roster`` names and
    its registration does not are added to it.

    :param late: also while the tournament is running.
    :return: the registrations written.
    :raises DomainError: as ``register_player`` and ``register_team``; nobody is registered.
    """
    return _register(tournament, entrants, now, again=False, late=late).written


def _register_one(
    tournament: Tournament,
    entrant: EntrantRecord,
    now: datetime,
    *,
    late: bool,
    reason: str,
    by: User | None,
) -> Register:
    """Register an entrant by a step of its own, which is logged."""
    dating = Dating(at=entrant.registered_at or now, by=by, reason=reason)
    Dating(reason=reason).check(now=now)
    register = _register(tournament, [entrant], now, again=True, late=late)
    if register.written:
        log_entrant(tournament, register.written, Kind.ENTERED, dating)
    return register


def _register(
    tournament: Tournament, entrants: Sequence[EntrantRecord], now: datetime, *, again: bool, late: bool
) -> Register:
    lock_tournament(tournament)
    rows = tournament.participations.select_related("team", "user").order_by("pk")
    register = Register(tournament, rows)
    enter_all(register, entrants, list_members(entrants), now, again=again, late=late)
    if register.written:
        write_registers([register])
        signals.players_registered.send(
            TournamentParticipation, tournament=tournament, participations=register.written
        )
    return register


def enter_all(
    register: Register,
    entrants: Sequence[EntrantRecord],
    members: Members,
    now: datetime,
    *,
    again: bool,
    late: bool = False,
) -> None:
    """Add entrants to a register; nothing is written yet.

    :param members: the memberships of the teams that come without a roster.
    :param late: also while the tournament is running.
    :raises DomainError: as ``register_player`` and ``register_team``.
    """
    tournament = register.tournament
    for entrant in entrants:
        _check_entrant(tournament, entrant, now)
    for entrant in entrants:
        at = entrant.registered_at or now
        register.enter(entrant, find_roster(entrant, members, at), at, again=again, late=late)
    if register.written:
        require_state(tournament, list_open_states(late=late), "registration")
        # After the start the organiser decides, also where the place was given to somebody else.
        if tournament.status == Status.OPEN:
            check_capacity(tournament, register.by_user.values())


def count_entrants(tournament: Tournament, rows: Iterable[TournamentParticipation]) -> int:
    """Return how many players or teams take a place, by the registrations of the tournament."""
    return len(group_rosters(tournament, [row for row in rows if row.status != Participation.WITHDRAWN]))


def check_capacity(tournament: Tournament, rows: Iterable[TournamentParticipation]) -> None:
    """Refuse more entrants than places; those that withdrew have left theirs.

    :param rows: the registrations of the tournament.
    :raises TournamentFull: naming how many there are.
    """
    if tournament.capacity is None:
        return
    entrants = count_entrants(tournament, rows)
    if entrants > tournament.capacity:
        raise TournamentFull(
            _("%(tournament)s has %(places)s places; there would be %(entrants)s entrants.")
            % {"tournament": tournament.name, "places": tournament.capacity, "entrants": entrants},
            field="tournament",
        )


def _check_entrant(tournament: Tournament, entrant: EntrantRecord, now: datetime) -> None:
    who = name_of(get_entrant(tournament, entrant.user, entrant.team))
    if entrant.status not in Participation.values:
        raise InvalidEntrant(
            _("status %(status)s of %(name)s is unknown; give one of %(known)s.")
            % {"status": repr(entrant.status), "name": who, "known": ", ".join(Participation.values)},
            field="status",
        )
    if entrant.registered_at is not None:
        check_past(entrant.registered_at, field="registered_at", now=now, whose=who)
    players = entrant.roster or ()
    if entrant.team is None and players:
        message = _("%(name)s enters alone; a roster is for teams.") % {"name": who}
        raise InvalidEntrant(message, field="roster")
    if any(player.pk is None for player in players) or len({player.pk for player in players}) < len(players):
        message = _("The roster of %(name)s names a player twice, or one that is not saved.")
        raise InvalidEntrant(message % {"name": who}, field="roster")


def list_members(entrants: Iterable[EntrantRecord]) -> Members:
    """Return every membership in the teams that come without a roster."""
    return list_team_members(
        {entrant.team.pk for entrant in entrants if entrant.team is not None and entrant.roster is None}
    )


def find_roster(entrant: EntrantRecord, members: Members, at: datetime) -> list[User]:
    """Return the players with whom an entrant enters: of a team without a roster, its playing members."""
    if entrant.user is not None:
        return [entrant.user]
    if entrant.roster is not None or entrant.team is None:
        return list(entrant.roster or ())
    present = [each.user for each in members[entrant.team.pk] if each.plays_at(at)]
    return list({user.pk: user for user in present}.values())
