"""A match of a tournament as delivered, and what its tournament says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from deltacrown.core.errors import DomainError
from deltacrown.core.inputs import check_integer, check_json_object, check_text
from deltacrown.core.sentences import end_sentence
from deltacrown.games.models import Match
from deltacrown.games.services import (
    MatchRecord,
)
from deltacrown.teams.models import Team
from deltacrown.tournaments.models import Tournament
from deltacrown.tournaments.services.descriptions import (
    InvalidTournamentMatch,
)
from deltacrown.tournaments.services.roster_book import LineTeams, PlayedTime, RosterBook
from deltacrown.tournaments.services.states import Status, TournamentNotFound, require_state

LONGEST_WORD = 100
LONGEST_SERIES = 1_000
#: The states in which a tournament takes matches: those of one that was annulled, or cancelled midway, too.
TAKING_MATCHES = (Status.OPEN, Status.RUNNING, Status.COMPLETED, Status.ANNULLED, Status.CANCELLED)


@dataclass(frozen=True, kw_only=True)
class TournamentMatchRecord:
    """A match of a tournament as delivered; its kind becomes ``TOURNAMENT``.

    :param series: names the series within the tournament.
    :param best_of: the most games the series is set for, where that is known; 1 to 1,000.
    :param stats: describes the match (mode, duration), a JSON object; the players' numbers are in ``match``.
    :param teams: player's id → the team they played for, where it is not the one they registered with.
    """

    tournament: Tournament
    match: MatchRecord
    round: str = ""
    series: str = ""
    best_of: int | None = None
    map_name: str = ""
    stats: Mapping[str, Any] = field(default_factory=dict)
    teams: Mapping[int, Team] = field(default_factory=dict)

    @property
    def match_key(self) -> str:
        return self.match.match_key


class Registrations:
    """The tournaments of a batch as they are now, and the registrations for each, with the team."""

    def __init__(self, records: Sequence[TournamentMatchRecord]) -> None:
        keys = {record.tournament.pk for record in records}
        self.tournaments = Tournament.objects.in_bulk(keys)
        self._book = RosterBook(keys)
        self._teams: dict[int, LineTeams] = {}

    def find_fault(self, record: TournamentMatchRecord) -> DomainError | None:
        """Return why the match cannot be one of its tournament, or None."""
        try:
            self._check(record)
        except DomainError as error:
            return error
        return None

    def _check(self, record: TournamentMatchRecord) -> None:
        tournament = self.tournaments.get(record.tournament.pk)
        if tournament is None:
            message = _("The tournament %(slug)s does not exist.") % {"slug": record.tournament.slug}
            raise TournamentNotFound(message, field="tournament")
        require_state(tournament, [*TAKING_MATCHES], "recording a match")
        if tournament.game_id != record.match.game.pk:
            message = _("%(tournament)s is not played in %(game)s")
            said = {"tournament": tournament.name, "game": record.match.game.name}
            raise InvalidTournamentMatch(end_sentence(message % said), field="game")
        for name in ("round", "series", "map_name"):
            check_text(getattr(record, name), field=name, limit=LONGEST_WORD)
        _check_best_of(record)
        check_json_object(record.stats, field="stats")
        players = {line.user.pk for line in record.match.lines}
        if not record.teams.keys() <= players:
            raise InvalidTournamentMatch(_("teams names a player who is not in the match."), field="teams")

    def build_match(self, record: TournamentMatchRecord) -> MatchRecord:
        """Return the match as ``games`` records it, with the rules of its tournament."""
        rule = self.tournaments[record.tournament.pk].counts_forfeits
        return replace(
            record.match,
            kind=Match.Kind.TOURNAMENT,
            counts_forfeits=record.match.counts_forfeits if rule is None else rule,
        )

    def find_teams(
        self, record: TournamentMatchRecord, described: Mapping[int, int | None] | None = None
    ) -> LineTeams:
        """Return for which teams the players of a match played.

        :param described: player's id → team's id, as the match is described already.
        """
        found = self._teams.get(id(record))
        if found is None or described:
            match = record.match
            told = {user: team.pk for user, team in record.teams.items()}
            found = self._book.find_line_teams(
                self.tournaments[record.tournament.pk],
                match.lines,
                PlayedTime(match.played_at, match.is_time_known),
                stated={**(described or {}), **told},
            )
            self._teams[id(record)] = found
        return found

    def find_last_team(self, record: TournamentMatchRecord, user: int) -> int | None:
        """Return the team of a player whom a delivery does not name, when its match was played."""
        played = PlayedTime(record.match.played_at, record.match.is_time_known)
        place = self._book.find_place(record.tournament.pk, user, played)
        return place.team if place else None


def _check_best_of(record: TournamentMatchRecord) -> None:
    if record.best_of is None:
        return
    check_integer(record.best_of, field="best_of", least=1, most=LONGEST_SERIES)
    if not record.series:
        raise InvalidTournamentMatch(
            _("best_of says how long a series is, and none is named; name it with series."), field="best_of"
        )
