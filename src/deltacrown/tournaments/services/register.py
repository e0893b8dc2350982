"""The registrations of a tournament in memory, and what entrants add to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.errors import Conflict
from deltacrown.core.inserts import insert_rows
from deltacrown.teams.models import Team
from deltacrown.tournaments.models import Tournament, TournamentParticipation
from deltacrown.tournaments.services.entrants import (
    EntrantName,
    InvalidEntrant,
    Participation,
    describe_out,
    has_status,
    name_of,
)
from deltacrown.tournaments.services.states import Status, require_state

#: The columns of a registration that is made again.
REWRITTEN = ["team", "status", "withdrawn_from", "disqualified_from", "registered_at"]


class AlreadyRegistered(Conflict):
    """A player is registered with another team, or a team with another roster."""


class EntrantDisqualified(Conflict):
    """A disqualified entrant cannot enter, check in or withdraw."""


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


def list_open_states(*, late: bool) -> list[str]:
    """Return the states in which entrants may enter."""
    return [Status.OPEN, Status.RUNNING] if late else [Status.OPEN]


class Register:
    """The registrations of a locked tournament, and what entrants add to them. It writes nothing.

    :param rows: the registrations that are recorded, oldest first.
    """

    def __init__(self, tournament: Tournament, rows: Iterable[TournamentParticipation]) -> None:
        self.tournament = tournament
        self._written: dict[int, TournamentParticipation] = {}
        self._dropped: list[TournamentParticipation] = []
        self.moved: dict[int, TournamentParticipation] = {}
        self.removed: list[TournamentParticipation] = []
        self.by_user: dict[int, TournamentParticipation] = {}
        self.by_team: dict[int, dict[int, TournamentParticipation]] = {}
        for row in rows:
            self._keep(row)

    @property
    def written(self) -> list[TournamentParticipation]:
        """Return the rows that are new or changed."""
        return list(self._written.values())

    def add(self, user: User, team: Team | None, at: datetime) -> None:
        """Add a registration as it is told, whatever the kind of the tournament."""
        row = TournamentParticipation(
            tournament=self.tournament,
            user=user,
            team=team,
            status=Participation.REGISTERED,
            registered_at=at,
        )
        self._keep(row)
        self._written[user.pk] = row

    def move(self, row: TournamentParticipation, team: Team | None, at: datetime) -> None:
        """Change the team and the time of a registration."""
        if (row.team_id, row.registered_at) == (team and team.pk, at):
            return
        self._take_out(row)
        row.team, row.registered_at = team, at
        self._keep(row)
        self.moved[row.user_id] = row

    def remove(self, row: TournamentParticipation) -> None:
        """Take out a registration, which is to be deleted."""
        self._take_out(row)
        del self.by_user[row.user_id]
        self.removed.append(row)

    def _take_out(self, row: TournamentParticipation) -> None:
        if row.team_id is not None:
            roster = self.by_team[row.team_id]
            del roster[row.user_id]
            if not roster:
                del self.by_team[row.team_id]

    def _keep(self, row: TournamentParticipation) -> None:
        self.by_user[row.user_id] = row
        if row.team_id is not None:
            self.by_team.setdefault(row.team_id, {})[row.user_id] = row

    def enter(
        self, entrant: EntrantRecord, roster: Sequence[User], at: datetime, *, again: bool, late: bool
    ) -> None:
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
            require_state(self.tournament, list_open_states(late=late), "registration")
            message = _("%(name)s has no players; give its roster.") % {"name": _name(entrant)}
            raise InvalidEntrant(message, field="roster")
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
            raise EntrantDisqualified(describe_out(self.tournament, _name(entrant)), field="entrant")

        registered = {row.user_id for row in standing}
        if entrant.roster is not None and registered != {user.pk for user in entrant.roster}:
            require_state(self.tournament, [Status.OPEN, Status.RUNNING], "changing a roster")
            raise AlreadyRegistered(
                _(
                    "%(name)s is registered for %(tournament)s with another roster; "
                    "use change_roster to add players, remove or replace them."
                )
                % {"name": _name(entrant), "tournament": self.tournament.name},
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
                _("%(name)s is registered for %(tournament)s with %(team)s already; a player enters once.")
                % {"name": user.shown_name, "tournament": self.tournament.name, "team": row.team},
                field="roster",
            )
        self._take_out(row)
        return row

    @property
    def dropped(self) -> list[TournamentParticipation]:
        """Return the rows that another roster left out, and that are not written otherwise."""
        return [row for row in self._dropped if row.user_id not in self._written]


def write_registers(registers: Sequence[Register]) -> None:
    """Insert the new rows of some tournaments and update those registered again."""
    written = [row for register in registers for row in register.written]
    moved = [row for register in registers for row in register.moved.values() if row.pk is not None]
    known = list({row.pk: row for row in (*written, *moved) if row.pk is not None}.values())
    new = [row for row in written if row.pk is None]
    dropped = [row for register in registers for row in register.dropped]

    TournamentParticipation.objects.bulk_update(dropped, ["withdrawn_from"])
    TournamentParticipation.objects.bulk_update(known, REWRITTEN)
    # In one order for every writer, so that two never wait for each other.
    new.sort(key=lambda row: (row.user_id, row.tournament_id or row.tournament.pk))
    insert_rows(new)


def _name(entrant: EntrantRecord) -> EntrantName:
    return name_of(entrant.team or entrant.user or User())
