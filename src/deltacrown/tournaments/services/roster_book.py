"""Who is on which roster when, and for which team a player plays in a match."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple, Protocol

from django.db.models import Case, F, Q, When
from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.names import make_name_key
from deltacrown.teams.models import Team
from deltacrown.teams.services import list_team_words
from deltacrown.tournaments.models import EntryChange, Tournament, TournamentParticipation

#: Tournament's id and player's id.
EntryKey = tuple[int, int]
ONE_DAY = timedelta(days=1)


class Line(Protocol):
    """What is looked at of a line, as delivered or as recorded."""

    @property
    def user(self) -> User: ...
    @property
    def side(self) -> str: ...


class RosterPlace(NamedTuple):
    """The team of a player at a time, and whether the player is entered, or on its roster, at that time."""

    team: int | None
    is_on: bool


class Move(NamedTuple):
    """One change of a roster."""

    at: datetime
    kind: str
    team: int


@dataclass(frozen=True)
class PlayedTime:
    """When a match was played; ``is_known`` is False where only the day is known."""

    at: datetime
    is_known: bool = True


@dataclass(frozen=True)
class LineTeams:
    """For which teams the players of a match played.

    :param teams: player's id → team's id, None for none.
    :param warnings: of players who were on no roster.
    """

    teams: dict[int, int | None]
    warnings: tuple[str, ...]


class RosterBook:
    """The registrations of some tournaments, and how their rosters changed. Two queries, if there are teams.

    :param users: only these players; everybody when it is left out.
    """

    def __init__(self, tournaments: Collection[int], users: Collection[int] | None = None) -> None:
        self._teams: dict[EntryKey, int | None] = {}
        self._moves: defaultdict[EntryKey, list[Move]] = defaultdict(list)
        self._of_tournament: defaultdict[int, set[int]] = defaultdict(set)
        if not tournaments:
            return

        narrowed = {"tournament__in": tournaments} | ({} if users is None else {"user__in": users})
        rows = TournamentParticipation.objects.filter(**narrowed)
        # The team of a registration that is a guess is no roster yet: what is told later fills it in.
        is_guess = Q(tournament__is_provisional=True, registered_at=F("tournament__starts_at"))
        of_roster = Case(When(is_guess, then=None), default="team")
        for tournament, user, team in rows.values_list("tournament", "user", of_roster):
            self._teams[tournament, user] = team
            if team is not None:
                self._of_tournament[tournament].add(team)
        if not self._of_tournament:
            return

        changes = EntryChange.objects.filter(**narrowed, kind__in=EntryChange.OF_ROSTERS)
        columns = ("tournament", "user", "happened_at", "kind", "team")
        for tournament, user, *move in changes.order_by("happened_at", "pk").values_list(*columns):
            self._moves[tournament, user].append(Move(*move))

    def find_place(self, tournament: int, user: int, played: PlayedTime) -> RosterPlace | None:
        """Return where a player was when a match was played; None for one who never entered."""
        if (tournament, user) not in self._teams:
            return None
        if not self._moves.get((tournament, user)):
            return RosterPlace(self._teams[tournament, user], is_on=True)

        then = self._find_place_at(tournament, user, played.at)
        if then.is_on or played.is_known:
            return then
        # Of a match of that day, whoever joined during the day may have played it.
        return self._find_place_at(tournament, user, played.at + ONE_DAY)

    def _find_place_at(self, tournament: int, user: int, at: datetime) -> RosterPlace:
        moves = self._moves[tournament, user]
        before = [move for move in moves if move.at <= at]
        if before:
            return RosterPlace(before[-1].team, is_on=before[-1].kind == EntryChange.Kind.JOINED)

        # Who left first was on the roster since the team registered.
        return RosterPlace(moves[0].team, is_on=moves[0].kind == EntryChange.Kind.LEFT)

    def find_line_teams(
        self,
        tournament: Tournament,
        lines: Sequence[Line],
        played: PlayedTime,
        *,
        stated: Mapping[int, int | None],
        described: Mapping[int, int | None] | None = None,
    ) -> LineTeams:
        """Return for which team each player of a match played.

        That is what is stated; else the roster the player was on when it was played; else the team described
        before; else that of the other players of the side; else the one that the side names; else the last.

        :param stated: player's id → team's id, as the delivery or the record says.
        :param described: player's id → team's id of the line before it was corrected.
        """
        places = {line.user.pk: self.find_place(tournament.pk, line.user.pk, played) for line in lines}
        teams = dict(stated)
        outside = []
        for line in lines:
            place = places[line.user.pk]
            if place is None or not place.is_on:
                outside.append(line)
            elif line.user.pk not in stated:
                teams[line.user.pk] = place.team

        known = dict(described or {})
        for line in outside:
            user, place = line.user.pk, places[line.user.pk]
            if user not in stated:
                last = place.team if place else None
                teams[user] = (
                    known.get(user) or self._find_team_of_side(tournament, line, lines, teams) or last
                )

        warnings = [self._warn(tournament, line, places[line.user.pk], teams) for line in outside]
        return LineTeams(teams, tuple(warnings))

    def _find_team_of_side(
        self, tournament: Tournament, line: Line, lines: Sequence[Line], teams: Mapping[int, int | None]
    ) -> int | None:
        if not line.side or not self._of_tournament[tournament.pk]:
            return None
        of_mates = {teams.get(each.user.pk) for each in lines if each.side == line.side} - {None}
        if len(of_mates) == 1:
            return of_mates.pop()
        named = self._teams_by_word.get((tournament.pk, make_name_key(line.side)))
        return named if not of_mates else None

    def _warn(
        self, tournament: Tournament, line: Line, place: RosterPlace | None, teams: Mapping[int, int | None]
    ) -> str:
        name, team = line.user.shown_name, teams.get(line.user.pk)
        if tournament.entrant_kind == Tournament.EntrantKind.SOLO:
            sentence = _("%(name)s is not entered in %(tournament)s; recorded as a match of it.")
            return sentence % {"name": name, "tournament": tournament.name}

        played_for = self._names.get(team) if team else None
        sentence = _choose_warning(never=place is None, named=played_for is not None, is_of_team=bool(team))
        return sentence % {"name": name, "tournament": tournament.name, "team": played_for}

    @cached_property
    def _names(self) -> dict[int, str]:
        teams = set().union(*self._of_tournament.values())
        return dict(Team.objects.filter(pk__in=teams).values_list("pk", "name"))

    @cached_property
    def _teams_by_word(self) -> dict[tuple[int, str], int]:
        """Return tournament's id and the key of a word → the one team that it names there."""
        words = list_team_words(set().union(*self._of_tournament.values()))
        pairs = [
            (tournament, word, team)
            for tournament, teams in self._of_tournament.items()
            for team in teams
            for word in words[team]
        ]
        times = Counter((tournament, word) for tournament, word, _ in pairs)
        return {(tournament, word): team for tournament, word, team in pairs if times[tournament, word] == 1}


def _choose_warning(*, never: bool, named: bool, is_of_team: bool) -> str:
    """Return the sentence about a player on no roster.

    :param never: not even at another time.
    :param named: whether the name of the team is known for which the match was recorded, if it is of one.
    """
    if never and named:
        return _("%(name)s is on no roster of %(tournament)s; recorded for %(team)s.")
    if never and is_of_team:
        return _("%(name)s is on no roster of %(tournament)s; recorded for the team stated.")
    if never:
        return _("%(name)s is on no roster of %(tournament)s; recorded without a team.")
    if named:
        return _("%(name)s was on no roster of %(tournament)s when it was played; recorded for %(team)s.")
    if is_of_team:
        return _(
            "%(name)s was on no roster of %(tournament)s when it was played; recorded for the team stated."
        )
    return _("%(name)s was on no roster of %(tournament)s when it was played; recorded without a team.")
