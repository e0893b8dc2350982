"""Changing the roster of a team in a tournament: players join it, leave it, and replace each other.

A player is on one roster of a tournament at a time. There is one registration per player: it says the team
the player is with now, or was with last, and the log says the rest. Who left has the status ``WITHDRAWN``
and nothing in ``withdrawn_from``: a team that comes back after a withdrawal comes without them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.dates import write_iso_minute
from deltacrown.core.errors import Conflict
from deltacrown.core.sentences import end_sentence
from deltacrown.games.models import list_match_sources
from deltacrown.games.services import MatchKey
from deltacrown.teams.models import Team
from deltacrown.tournaments import signals
from deltacrown.tournaments.models import (
    EntryChange,
    Tournament,
    TournamentMatchResult,
    TournamentParticipation,
)
from deltacrown.tournaments.services.attendance import EntrantWithdrawn
from deltacrown.tournaments.services.descriptions import sync_descriptions
from deltacrown.tournaments.services.entrants import (
    InvalidEntrant,
    NotRegistered,
    Participation,
    describe_out,
    find_way_in,
    get_entrant,
    has_status,
    list_entrant_roster,
)
from deltacrown.tournaments.services.entry_changes import (
    Dating,
    Kind,
    build_change,
    describe_later_step,
)
from deltacrown.tournaments.services.oddities import Ruled
from deltacrown.tournaments.services.recipients import list_played
from deltacrown.tournaments.services.register import AlreadyRegistered, EntrantDisqualified
from deltacrown.tournaments.services.states import Status, lock_tournament, require_state
from django_tally.context import attributed_change
from django_tally.transactions import atomic_service

#: The columns of a registration that a change of the roster writes.
CHANGED = ["team", "status", "withdrawn_from", "registered_at"]


class RosterEmpty(Conflict):
    """A team that is entered has players."""


@atomic_service
@attributed_change
def change_roster(
    *,
    tournament: Tournament,
    team: Team,
    add: Sequence[User] = (),
    remove: Sequence[User] = (),
    replace: Sequence[tuple[User, User]] = (),
    at: datetime | None = None,
    reason: str,
    now: datetime,
    by: User | None = None,
) -> Ruled[TournamentParticipation]:
    """Change the roster of a team in a tournament that is open or running; what is so already stays so.

    A player need not be a member of the team, may come back, and may move to another roster after leaving
    one. Whoever joins has a registration from then on, dated ``at``; who has one keeps its date.

    :param replace: pairs of a player and the substitute.
    :param at: when it happened, if not now; every change of one call is of this time. Of a change that is
        recorded already, another time corrects the one recorded.
    :return: the roster now; its ``warnings`` say what is odd about the change.
    :raises AlreadyRegistered: a player who joins is on another roster.
    :raises EntrantDisqualified: the team, or a player who joins, was disqualified.
    :raises EntrantWithdrawn: the team withdrew.
    :raises InvalidInput: the event is for players, nobody is named, somebody both joins and leaves, or the
        time is in the future, or before the player's last change of roster.
    :raises NotRegistered: the team is not registered, or a player who leaves was never on its roster.
    :raises RosterEmpty: nobody would be left.
    :raises WrongState: the tournament is neither open nor running.
    """
    happened_at = at or now
    dating = Dating(at=happened_at, by=by, reason=reason)
    dating.check(now=now, needs_reason=True)
    joining = {user.pk: user for user in [*add, *(substitute for _, substitute in replace)]}
    leaving = {user.pk: user for user in [*remove, *(player for player, _ in replace)]}
    _check_named(joining, leaving)

    lock_tournament(tournament)
    get_entrant(tournament, None, team)
    require_state(tournament, [Status.OPEN, Status.RUNNING], "changing a roster")
    users = {*joining, *leaving}
    change = _RosterChange(tournament, team, dating, happened_at, users=users, is_dated=at is not None)
    for user in leaving.values():
        change.leave(user)
    for user in joining.values():
        change.join(user, next((player for player, other in replace if other == user), None))
    change.write()

    odd = _list_odd_leavings(change) if change.left else []
    return Ruled(list_entrant_roster(tournament, team), [*change.warnings, *odd])


def _check_named(joining: dict[int, User], leaving: dict[int, User]) -> None:
    if not joining and not leaving:
        raise InvalidEntrant(_("Nobody was named; say who joins and who leaves."), field="add")
    if any(pk is None for pk in (*joining, *leaving)):
        raise InvalidEntrant(_("A player is not saved; create them first."), field="add")
    both = sorted(joining[pk].shown_name for pk in joining.keys() & leaving.keys())
    if both:
        message = _("%(names)s cannot both join and leave; name them once.") % {"names": ", ".join(both)}
        raise InvalidEntrant(message, field="add")


class _RosterChange:
    """A change of the roster of one team in a locked tournament.

    :param users: who joins and who leaves.
    :param is_dated: whether the caller states the time.
    """

    def __init__(
        self,
        tournament: Tournament,
        team: Team,
        dating: Dating,
        happened_at: datetime,
        *,
        users: Collection[int],
        is_dated: bool,
    ) -> None:
        self.tournament, self.team = tournament, team
        self.dating, self.happened_at, self._is_dated = dating, happened_at, is_dated
        roster = list_entrant_roster(tournament, team)
        self._check_standing(roster)

        self._status = roster[0].status
        involved = tournament.participations.filter(Q(user__in=users) | Q(team=team))
        self._rows = {row.user_id: row for row in involved.select_related("user", "team").order_by("pk")}
        moves = tournament.entry_changes.filter(kind__in=EntryChange.OF_ROSTERS, user__in=users)
        self._moves: defaultdict[int | None, list[EntryChange]] = defaultdict(list)
        for move in moves.order_by("happened_at", "pk"):
            self._moves[move.user_id].append(move)
        self._dated_anew: list[EntryChange] = []
        self.left: list[User] = []
        self.warnings: list[str] = []
        self._written: dict[int, TournamentParticipation] = {}
        self._log: list[EntryChange] = []

    def leave(self, user: User) -> None:
        """Take a player off the roster; one who left it already stays off."""
        row = self._rows.get(user.pk)
        if row is None or row.team_id != self.team.pk:
            self._check_was_on(user)
            return
        if row.status == Participation.WITHDRAWN:
            self._date_anew(row, Kind.LEFT)
            return

        self._check_order(user, row)
        row.status, row.withdrawn_from = Participation.WITHDRAWN, ""
        self._note(row, Kind.LEFT)
        self.left.append(user)

    def join(self, user: User, in_place_of: User | None) -> None:
        """Put a player on the roster; one who is on it stays so."""
        row = self._rows.get(user.pk)
        if row is None:
            row = TournamentParticipation(
                tournament=self.tournament, user=user, registered_at=self.happened_at
            )
        elif row.stands and row.team_id == self.team.pk:
            self._date_anew(row, Kind.JOINED)
            return
        else:
            self._check_free(row)
            self._check_order(user, row)

        row.team, row.status, row.withdrawn_from = self.team, self._status, ""
        self._rows[user.pk] = row
        self._note(row, Kind.JOINED, in_place_of)

    def write(self) -> None:
        """Write the registrations and the log, and announce the change, if there is one."""
        changes = [*self._log, *self._dated_anew]
        if not changes:
            return
        if not any(row.stands and row.team_id == self.team.pk for row in self._rows.values()):
            message = _(
                "Nobody would be left on the roster of %(team)s; name who plays in their place, "
                "or withdraw the team."
            )
            raise RosterEmpty(message % {"team": self.team.name}, field="remove")

        rows = [*self._written.values()]
        TournamentParticipation.objects.bulk_update([row for row in rows if row.pk is not None], CHANGED)
        new = sorted((row for row in rows if row.pk is None), key=lambda row: row.user_id)
        TournamentParticipation.objects.bulk_create(new)
        EntryChange.objects.bulk_create(self._log)
        EntryChange.objects.bulk_update(self._dated_anew, ["happened_at"])
        _give_team_to_matches(self.tournament, [row.user_id for row in rows if row.stands])
        signals.roster_changed.send(
            TournamentParticipation, tournament=self.tournament, participations=rows, changes=changes
        )

    def _note(self, row: TournamentParticipation, kind: str, in_place_of: User | None = None) -> None:
        self._written[row.user_id] = row
        entry = build_change(
            self.tournament, kind, self.dating, user=row.user, team_id=self.team.pk, in_place_of=in_place_of
        )
        self._log.append(entry)

    def _check_standing(self, roster: Sequence[TournamentParticipation]) -> None:
        if has_status(roster, Participation.WITHDRAWN):
            message = _("%(team)s withdrew from %(tournament)s; use take_back_withdrawal first.")
            said = {"team": self.team.name, "tournament": self.tournament.name}
            raise EntrantWithdrawn(message % said, field="team")
        if has_status(roster, Participation.DISQUALIFIED):
            raise EntrantDisqualified(describe_out(self.tournament, self.team.name), field="team")

    def _check_was_on(self, user: User) -> None:
        """Refuse to take a player off who was never on the roster; one who moved on since was."""
        moves = self._moves[user.pk]
        if not any((move.kind, move.team_id) == (Kind.LEFT, self.team.pk) for move in moves):
            message = _("%(name)s is not on the roster of %(team)s in %(tournament)s")
            said = self._name(user, self.team)
            raise NotRegistered(end_sentence(message % said), field="remove")

    def _name(self, user: User, team: Team | None) -> dict[str, object]:
        return {"name": user.shown_name, "team": team, "tournament": self.tournament.name}

    def _check_free(self, row: TournamentParticipation) -> None:
        """Refuse a player who is on another roster, or out with it."""
        said = self._name(row.user, row.team)
        if row.status == Participation.DISQUALIFIED:
            message = _("%(name)s was disqualified with %(team)s; an organiser can use %(service)s.")
            way_in = find_way_in(self.tournament)
            raise EntrantDisqualified(message % {**said, "service": way_in}, field="add")
        if row.stands:
            message = _("%(name)s is on the roster of %(team)s in %(tournament)s; remove them from it first.")
            raise AlreadyRegistered(message % said, field="add")

    def _check_order(self, user: User, row: TournamentParticipation) -> None:
        """Refuse a time before the player's last change of roster, and warn of one before they registered.

        Who records a tournament after it was played has registered its players later than what happened.
        """
        last = next(reversed(self._moves[user.pk]), None)
        self._check_after(user, last)
        if last is None and self.happened_at < row.registered_at:
            warning = _("%(name)s registered at %(time)s, later than this change.")
            said = {"name": user.shown_name, "time": write_iso_minute(row.registered_at)}
            self.warnings.append(warning % said)

    def _check_after(self, user: User, move: EntryChange | None) -> None:
        if move is not None and self.happened_at < move.happened_at:
            message = describe_later_step(user.shown_name, move.kind, move.happened_at)
            raise InvalidEntrant(message, field="at")

    def _date_anew(self, row: TournamentParticipation, kind: str) -> None:
        """Correct when a player last joined the roster, or left it, where another time is stated now."""
        moves = self._moves[row.user_id]
        if not moves or not self._is_dated:
            return
        last = moves[-1]
        if (last.kind, last.team_id) != (kind, self.team.pk) or last.happened_at == self.happened_at:
            return

        self._check_after(row.user, moves[-2] if len(moves) > 1 else None)
        if kind == Kind.JOINED and row.registered_at == last.happened_at:
            row.registered_at = self.happened_at
        last.happened_at = self.happened_at
        self._dated_anew.append(last)
        self._written[row.user_id] = row


def _give_team_to_matches(tournament: Tournament, users: Sequence[int]) -> None:
    """Find the teams of matches that players played before anybody knew for whom."""
    unknown = TournamentMatchResult.objects.filter(tournament=tournament, user__in=users, team=None)
    ids = list(unknown.values_list("match", flat=True))
    if not ids:
        return
    keys: set[MatchKey] = set()
    for source in list_match_sources(pk__in=ids):
        keys.update(source.values_list("game_id", "match_key"))
    sync_descriptions(keys=keys)


def _list_odd_leavings(change: _RosterChange) -> list[str]:
    """Return who played for the team after the time at which they left it."""
    names = {user.pk: user.shown_name for user in change.left}
    played = list_played(change.tournament, names)
    later = {
        each.user for each in played if each.team == change.team.pk and each.played_at > change.happened_at
    }
    sentence = _("%(name)s played for %(team)s after the time at which they left it.")
    return [sentence % {"name": names[user], "team": change.team.name} for user in names if user in later]
