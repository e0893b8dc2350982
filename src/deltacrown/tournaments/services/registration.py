"""Entering a tournament: one player, one team, or many entrants at once.

A team enters with a roster: a registration for every member. It is the roster as it was then that
is placed in the end, whoever left or joined since.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from deltacrown.accounts.models import User
from deltacrown.core.errors import Conflict
from deltacrown.core.inputs import check_past
from deltacrown.teams.models import Team, TeamMembership
from deltacrown.tournaments import signals
from deltacrown.tournaments.models import Tournament, TournamentParticipation
from deltacrown.tournaments.services.entrants import (
    EntrantName,
    InvalidEntrant,
    Participation,
    advise_letting_in,
    get_entrant,
    group_rosters,
    has_status,
    name_of,
)
from deltacrown.tournaments.services.states import Status, lock_tournament, require_state
from django_tally.transactions import atomic_service

#: The columns of a registration that is made again.
REWRITTEN = ["team", "status", "withdrawn_from", "disqualified_from", "registered_at"]


class AlreadyRegistered(Conflict):
    """A player is registered with another team, or a team with another roster."""


class EntrantDisqualified(Conflict):
    """A disqualified entrant cannot enter, check in or withdraw."""


class TournamentFull(Conflict):
    """There are more entrants than places."""


@dataclass(frozen=True, kw_only=True)
class EntrantRecord:
    """Who enters: a player in a solo event, or a team.

    :param roster: the team's players; None for its members at ``registered_at``.
    :param registered_at: timezone-aware, not in the future; None for now.
    :param status: a status of participation, for entrants whose story is known.
    """

    user: User | None = None
    team: Team | None = None
    roster: Sequence[User] | None = None
    registered_at: datetime | None = None
    status: str = Participation.REGISTERED


@atomic_service
def register_player(
    *, tournament: Tournament, user: User, now: datetime, registered_at: datetime | None = None
) -> TournamentParticipation:
    """Register a player for a solo event, or find them registered; one who withdrew may enter again.

    :param registered_at: when they registered, if not now.
    :raises EntrantDisqualified: they were disqualified.
    :raises InvalidEntrant: the event is for teams, or the date is in the future.
    :raises TournamentFull: every place is taken.
    :raises WrongState: registration is not open.
    """
    register = _register(tournament, [EntrantRecord(user=user, registered_at=registered_at)], now, again=True)
    return register.by_user[user.pk]


@atomic_service
def register_team(
    *,
    tournament: Tournament,
    team: Team,
    roster: Sequence[User] | None,
    now: datetime,
    registered_at: datetime | None = None,
) -> list[TournamentParticipation]:
    """Register a team with a roster, or find it registered; one that withdrew may enter with another roster.

    :param roster: the players; None for the team's members at ``registered_at``.
    :param registered_at: when it registered, if not now.
    :return: a registration per member of the roster.
    :raises AlreadyRegistered: the team is registered with another roster, or a player with another team.
    :raises EntrantDisqualified: the team was disqualified.
    :raises InvalidEntrant: the event is for players, the roster is empty or names a player twice, or the
        date is in the future.
    :raises TournamentFull: every place is taken.
    :raises WrongState: registration is not open.
    """
    entrant = EntrantRecord(team=team, roster=roster, registered_at=registered_at)
    register = _register(tournament, [entrant], now, again=True)
    return group_rosters(tournament, register.by_team[team.pk].values())[team.pk]


@atomic_service
def register_entrants(
    *, tournament: Tournament, entrants: Sequence[EntrantRecord], now: datetime
) -> list[TournamentParticipation]:
    """Register many entrants in a constant number of queries, all or none.

    An entrant known already is left as it is, whatever became of it since: a file that is imported
    again takes no withdrawal and no disqualification back. Players a known team's ``roster`` names and
    its registration does not are added to it.

    :return: the registrations written.
    :raises DomainError: as ``register_player`` and ``register_team``; nobody is registered.
    """
    return _register(tournament, entrants, now, again=False).written


def _register(
    tournament: Tournament, entrants: Sequence[EntrantRecord], now: datetime, *, again: bool
) -> _Register:
    lock_tournament(tournament)
    for entrant in entrants:
        _check_entrant(tournament, entrant, now)
    register = _Register(tournament)
    members = _list_members(entrants)
    for entrant in entrants:
        at = entrant.registered_at or now
        register.enter(entrant, _find_roster(entrant, members, at), at, again=again)
    if register.written:
        require_state(tournament, [Status.OPEN], "registration")
        check_capacity(tournament, register.by_user.values())
        register.write()
        signals.players_registered.send(
            TournamentParticipation, tournament=tournament, participations=register.written
        )
    return register


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
            f"{tournament.name} has {tournament.capacity} places; there would be {entrants} entrants.",
            field="tournament",
        )


def _check_entrant(tournament: Tournament, entrant: EntrantRecord, now: datetime) -> None:
    who = name_of(get_entrant(tournament, entrant.user, entrant.team))
    if entrant.status not in Participation.values:
        raise InvalidEntrant(
            f"status {entrant.status!r} of {who} is unknown; give one of {', '.join(Participation.values)}.",
            field="status",
        )
    if entrant.registered_at is not None:
        check_past(entrant.registered_at, field="registered_at", now=now, whose=who)
    players = entrant.roster or ()
    if entrant.team is None and players:
        raise InvalidEntrant(f"{who} enters alone; a roster is for teams.", field="roster")
    if any(player.pk is None for player in players) or len({player.pk for player in players}) < len(players):
        raise InvalidEntrant(
            f"The roster of {who} names a player twice, or one that is not saved.", field="roster"
        )


def _list_members(entrants: Sequence[EntrantRecord]) -> dict[int, list[TeamMembership]]:
    """Return every membership in the teams that come without a roster."""
    teams = {entrant.team.pk for entrant in entrants if entrant.team is not None and entrant.roster is None}
    members: dict[int, list[TeamMembership]] = {team: [] for team in teams}
    if teams:
        memberships = TeamMembership.objects.filter(team__in=teams).select_related("user")
        for membership in memberships.order_by("joined_at", "pk"):
            members[membership.team_id].append(membership)
    return members


def _find_roster(
    entrant: EntrantRecord, members: dict[int, list[TeamMembership]], at: datetime
) -> list[User]:
    if entrant.user is not None:
        return [entrant.user]
    if entrant.roster is not None or entrant.team is None:
        return list(entrant.roster or ())
    memberships = members[entrant.team.pk]
    joined = [each for each in memberships if each.joined_at <= at]
    present = [each.user for each in joined if each.left_at is None or each.left_at > at]
    return list({user.pk: user for user in present}.values())


class _Register:
    """The registrations of a locked tournament, and what entrants add to them."""

    def __init__(self, tournament: Tournament) -> None:
        self.tournament = tournament
        self._written: dict[int, TournamentParticipation] = {}
        self._dropped: list[TournamentParticipation] = []
        self.by_user: dict[int, TournamentParticipation] = {}
        self.by_team: dict[int, dict[int, TournamentParticipation]] = {}
        for row in tournament.participations.select_related("team", "user").order_by("pk"):
            self._keep(row)

    @property
    def written(self) -> list[TournamentParticipation]:
        """Return the rows that are new or changed."""
        return list(self._written.values())

    def _keep(self, row: TournamentParticipation) -> None:
        self.by_user[row.user_id] = row
        if row.team_id is not None:
            self.by_team.setdefault(row.team_id, {})[row.user_id] = row

    def enter(self, entrant: EntrantRecord, roster: Sequence[User], at: datetime, *, again: bool) -> None:
        """Add the registrations of an entrant that are missing.

        :param again: let one that withdrew enter as if it were new, and refuse one that is disqualified
            or has another roster; otherwise leave what is known and add to it.
        """
        known = self._find(entrant)
        standing = [row for row in known if row.status != Participation.WITHDRAWN] or known
        if again and known and has_status(standing, Participation.WITHDRAWN):
            self._drop(known)
            known = standing = []
        if again and known:
            self._check_same(entrant, standing)
        if known and (again or entrant.roster is None):
            return
        if not known and not roster:
            require_state(self.tournament, [Status.OPEN], "registration")
            raise InvalidEntrant(f"{_name(entrant)} has no players; give its roster.", field="roster")
        has_left = bool(standing) and not standing[0].stands
        status = standing[0].status if has_left else entrant.status
        before = (standing[0].withdrawn_from, standing[0].disqualified_from) if has_left else ("", "")
        here = {row.user_id for row in known}
        for user in sorted((user for user in roster if user.pk not in here), key=lambda user: user.pk):
            row = self._take_row(user, entrant.team)
            row.team, row.status, row.registered_at = entrant.team, status, at
            row.withdrawn_from, row.disqualified_from = before
            self._keep(row)
            self._written[user.pk] = row

    def _drop(self, roster: Sequence[TournamentParticipation]) -> None:
        """Leave a roster that withdrew out of what taking a withdrawal back restores."""
        for row in roster:
            if row.withdrawn_from:
                row.withdrawn_from = ""
                self._dropped.append(row)

    def _check_same(self, entrant: EntrantRecord, standing: Sequence[TournamentParticipation]) -> None:
        if has_status(standing, Participation.DISQUALIFIED):
            advice = advise_letting_in(self.tournament)
            raise EntrantDisqualified(
                f"{_name(entrant)} was disqualified from {self.tournament.name}{advice}.", field="entrant"
            )

        registered = {row.user_id for row in standing}
        if entrant.roster is not None and registered != {user.pk for user in entrant.roster}:
            # Only while registration is open can a team that withdraws enter with another roster.
            require_state(self.tournament, [Status.OPEN], "entering with another roster")
            raise AlreadyRegistered(
                f"{_name(entrant)} is registered for {self.tournament.name} with another roster; "
                "withdraw it first, then register it again.",
                field="roster",
            )

    def _find(self, entrant: EntrantRecord) -> list[TournamentParticipation]:
        if entrant.team is not None:
            return list(self.by_team.get(entrant.team.pk, {}).values())
        if entrant.user is not None and entrant.user.pk in self.by_user:
            return [self.by_user[entrant.user.pk]]
        return []

    def _take_row(self, user: User, team: Team | None) -> TournamentParticipation:
        """Return the player's row: a new one, or the one they withdrew, out of the roster it was in."""
        row = self.by_user.get(user.pk)
        if row is None:
            return TournamentParticipation(tournament=self.tournament, user=user)
        if row.status != Participation.WITHDRAWN:
            raise AlreadyRegistered(
                f"{user.shown_name} is registered for {self.tournament.name} with {row.team} already; "
                "a player enters once.",
                field="roster",
            )
        if row.team_id is not None:
            del self.by_team[row.team_id][user.pk]
        return row

    def write(self) -> None:
        """Insert the new rows and update those registered again."""
        known = [row for row in self.written if row.pk is not None]
        dropped = [row for row in self._dropped if row.user_id not in self._written]
        TournamentParticipation.objects.bulk_update(dropped, ["withdrawn_from"])
        TournamentParticipation.objects.bulk_update(known, REWRITTEN)
        new = [row for row in self.written if row.pk is None]
        TournamentParticipation.objects.bulk_create(sorted(new, key=lambda row: row.user_id))


def _name(entrant: EntrantRecord) -> EntrantName:
    return name_of(entrant.team or entrant.user or User())
