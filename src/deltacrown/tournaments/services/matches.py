"""Matches of tournaments: recorded by ``games``, described here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from deltacrown.core.errors import DomainError
from deltacrown.core.inputs import check_json_object, check_text, is_same_json
from deltacrown.core.names import make_name_key
from deltacrown.games.models import Match
from deltacrown.games.services import (
    LineRecord,
    MatchConflict,
    MatchRecord,
    RecordOutcome,
    RecordStatus,
    list_line_ids,
    record_matches,
)
from deltacrown.teams.models import Team
from deltacrown.teams.services import list_words_of_renamed
from deltacrown.tournaments import signals
from deltacrown.tournaments.models import Tournament, TournamentMatchResult, TournamentParticipation
from deltacrown.tournaments.services.descriptions import (
    InvalidTournamentMatch,
    advise_entering,
    find_opponents,
)
from deltacrown.tournaments.services.states import Status, TournamentNotFound, require_state
from django_tally.batches import in_batches
from django_tally.transactions import atomic_service

LONGEST_WORD = 100
#: What a description says beyond its tournament and player, in the order a difference is named.
OPPONENTS = ("opponent_team_id", "opponent_user_id")
DESCRIBED = (
    "tournament_id",
    "round",
    "series",
    "map_name",
    "team_id",
    "opponent_team_id",
    "opponent_user_id",
)


@dataclass(frozen=True, kw_only=True)
class TournamentMatchRecord:
    """A match of a tournament as delivered; its kind becomes ``TOURNAMENT``.

    :param series: names the series within the tournament.
    :param stats: describes the match (mode, duration), a JSON object; the players' numbers are in ``match``.
    :param teams: player's id → the team they played for, where it is not the one they registered with.
    """

    tournament: Tournament
    match: MatchRecord
    round: str = ""
    series: str = ""
    map_name: str = ""
    stats: Mapping[str, Any] = field(default_factory=dict)
    teams: Mapping[int, Team] = field(default_factory=dict)

    @property
    def match_key(self) -> str:
        return self.match.match_key


@atomic_service
def record_tournament_matches(
    *, records: Sequence[TournamentMatchRecord], now: datetime
) -> list[RecordOutcome]:
    """Record many matches of tournaments, each whole or refused, in a constant number of queries.

    A match that is recorded but not described is described now; its outcome is ``COMPLETED``. A completed
    tournament still takes matches; a draft or a cancelled one does not.

    :return: the outcome of each record, in the order given.
    """
    registrations = _Registrations(records)
    outcomes: dict[int, RecordOutcome] = {}
    matches: dict[int, MatchRecord] = {}
    for place, record in enumerate(records):
        if fault := registrations.find_fault(record):
            outcomes[place] = RecordOutcome.refused(fault)
        else:
            matches[place] = replace(record.match, kind=Match.Kind.TOURNAMENT)
    matches = _add_side_words(records, matches, registrations)

    outcomes |= zip(matches, record_matches(records=[*matches.values()], now=now), strict=True)
    taken = {place: records[place] for place in matches if outcomes[place].refusal is None}
    outcomes |= _describe(taken, outcomes, registrations)
    return [outcomes[place] for place in range(len(records))]


class _Registrations:
    """The tournaments of a batch as they are now, and the registrations for each, with the team."""

    def __init__(self, records: Sequence[TournamentMatchRecord]) -> None:
        keys = {record.tournament.pk for record in records}
        self.tournaments = Tournament.objects.in_bulk(keys)
        self.teams: dict[tuple[int, int], int | None] = {}
        rows = (
            TournamentParticipation.objects.filter(tournament__in=keys)
            if keys
            else TournamentParticipation.objects.none()
        )
        for tournament, user, team in rows.values_list("tournament", "user", "team"):
            self.teams[tournament, user] = team

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
            raise TournamentNotFound(
                f"The tournament {record.tournament.slug} does not exist.", field="tournament"
            )
        require_state(tournament, [Status.OPEN, Status.RUNNING, Status.COMPLETED], "recording a match")
        if tournament.game_id != record.match.game.pk:
            raise InvalidTournamentMatch(
                f"{tournament.name} is not played in {record.match.game.name}.", field="game"
            )
        for name in ("round", "series", "map_name"):
            check_text(getattr(record, name), field=name, limit=LONGEST_WORD)
        check_json_object(record.stats, field="stats")
        players = {line.user.pk: line.user for line in record.match.lines}
        unregistered = [user for user in sorted(players) if (tournament.pk, user) not in self.teams]
        if unregistered:
            strangers = [players[user].shown_name for user in unregistered]
            raise InvalidTournamentMatch(
                f"{', '.join(strangers)} not registered for {tournament.name}{advise_entering(tournament)}.",
                field="user",
            )
        if not record.teams.keys() <= players.keys():
            raise InvalidTournamentMatch("teams names a player who is not in the match.", field="teams")

    def team_of(self, record: TournamentMatchRecord, user: int) -> int | None:
        """Return the id of the team a player played for in a match."""
        return record.teams[user].pk if user in record.teams else self.teams[record.tournament.pk, user]


def _add_side_words(
    records: Sequence[TournamentMatchRecord],
    matches: Mapping[int, MatchRecord],
    registrations: _Registrations,
) -> dict[int, MatchRecord]:
    """Return the matches, with what else their sides are or were called, where a side is the player's team.

    One query where players have teams, two more where a team has been renamed.
    """
    teams = {
        (place, line.user.pk): registrations.team_of(records[place], line.user.pk)
        for place, match in matches.items()
        for line in match.lines
        if line.side
    }
    words = list_words_of_renamed({team for team in teams.values() if team is not None})
    if not words:
        return dict(matches)

    def add(place: int, line: LineRecord) -> LineRecord:
        names = words.get(teams.get((place, line.user.pk)) or 0, set())
        return replace(line, side_words=names) if make_name_key(line.side) in names else line

    return {
        place: replace(match, lines=tuple(add(place, line) for line in match.lines))
        for place, match in matches.items()
    }


def _describe(
    records: Mapping[int, TournamentMatchRecord],
    outcomes: Mapping[int, RecordOutcome],
    registrations: _Registrations,
) -> dict[int, RecordOutcome]:
    """Write the descriptions that are missing; return, by place, the outcomes that are others by that."""
    lines = list_line_ids({record.match.key for record in records.values()})
    described = _list_described([row for players in lines.values() for row in players.values()])
    changed: dict[int, RecordOutcome] = {}
    new: list[TournamentMatchResult] = []
    for place, record in records.items():
        players = lines[record.match.key]
        rows = [_build(record, user, match, registrations) for user, match in players.items()]
        conflicts = (_find_conflict(record, described.get(row.match_id), row) for row in rows)
        if conflict := next(filter(None, conflicts), None):
            changed[place] = RecordOutcome.refused(conflict)
            continue

        missing = [row for row in rows if row.match_id not in described]
        described |= {row.match_id: row for row in missing}
        new += missing
        if missing and outcomes[place].status == RecordStatus.UNCHANGED:
            changed[place] = RecordOutcome(status=RecordStatus.COMPLETED)

    if new:
        new.sort(key=lambda row: row.match_id)
        TournamentMatchResult.objects.bulk_create(new)
        signals.tournament_matches_recorded.send(TournamentMatchResult, rows=new)
    return changed


def _list_described(matches: Sequence[int]) -> dict[int, TournamentMatchResult]:
    found = (TournamentMatchResult.objects.filter(match__in=batch) for batch in in_batches(matches, 10_000))
    return {row.match_id: row for rows in found for row in rows}


def _build(
    record: TournamentMatchRecord, user: int, match: int, registrations: _Registrations
) -> TournamentMatchResult:
    players = {line.user.pk: registrations.team_of(record, line.user.pk) for line in record.match.lines}
    opponent_team, opponent_user = find_opponents(user, players)
    return TournamentMatchResult(
        tournament_id=record.tournament.pk,
        user_id=user,
        match_id=match,
        team_id=players[user],
        opponent_team_id=opponent_team,
        opponent_user_id=opponent_user,
        round=record.round,
        series=record.series,
        map_name=record.map_name,
        stats=dict(record.stats),
    )


def _find_conflict(
    record: TournamentMatchRecord, known: TournamentMatchResult | None, row: TournamentMatchResult
) -> MatchConflict | None:
    if known is None:
        return None
    # A delivery may know fewer of the players: then it does not say who the opponent was.
    said = [name for name in DESCRIBED if name not in OPPONENTS or getattr(row, name) is not None]
    different = [name for name in said if getattr(known, name) != getattr(row, name)]
    if not different and not is_same_json(known.stats, row.stats):
        different = ["stats"]
    if not different:
        return None
    name = different[0].removesuffix("_id")
    return MatchConflict(
        f"Match {record.match_key!r} is recorded already and differs in {name}. Nothing was changed.",
        field=name,
    )


@atomic_service
def remove_description(*, match: int) -> None:
    """Delete what a tournament says of a match row that is deleted itself.

    :param match: the id of the row.
    """
    TournamentMatchResult.objects.filter(match_id=match).delete()
