"""Matches of tournaments: recorded by ``games``, described here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from deltacrown.core.errors import DomainError, InvalidInput
from deltacrown.core.inputs import check_json_object, check_text, is_same_json
from deltacrown.games.models import Match
from deltacrown.games.services import MatchConflict, MatchRecord, RecordOutcome, Refusal, list_row_ids, record_matches
from deltacrown.teams.models import Team
from deltacrown.tournaments import signals
from deltacrown.tournaments.models import Tournament, TournamentMatchResult, TournamentParticipation
from deltacrown.tournaments.services.states import Status, TournamentNotFound, require_state
from django_tally.batches import in_batches
from django_tally.transactions import atomic_service

LONGEST_WORD = 100
#: What a description says beyond its tournament and player, in the order a difference is named.
DESCRIBED = ("tournament_id", "round", "series", "map_name", "team_id", "opponent_team_id", "opponent_user_id")


class InvalidTournamentMatch(InvalidInput):
    """The match cannot be one of the tournament: another game, or players who are not registered."""


@dataclass(frozen=True, kw_only=True)
class TournamentMatchRecord:
    """A match of a tournament as delivered; its kind becomes ``TOURNAMENT``.

    :param series: names the series within the tournament.
    :param stats: describes the encounter (mode, duration), a JSON object; the players' numbers are in ``match``.
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
def record_tournament_matches(*, records: Sequence[TournamentMatchRecord], now: datetime) -> RecordOutcome[TournamentMatchRecord]:
    """Record many matches of tournaments, each whole or refused with its reason, in a constant number of queries.

    A match that is recorded but not described is described now, and reported as unchanged. A completed
    tournament still takes matches; a draft or a cancelled one does not.
    """
    field_of_play = _FieldOfPlay(records)
    faults = {place: fault for place, record in enumerate(records) if (fault := field_of_play.find_fault(record))}
    matches = {place: replace(record.match, kind=Match.Kind.TOURNAMENT) for place, record in enumerate(records) if place not in faults}
    places = {id(match): place for place, match in matches.items()}
    recorded = record_matches(records=list(matches.values()), now=now)
    faults |= {places[id(refusal.record)]: refusal.error for refusal in recorded.refused}
    created = {places[id(match)] for match in recorded.created}
    faults |= _describe({place: records[place] for place in places.values() if place not in faults}, field_of_play)
    outcome: RecordOutcome[TournamentMatchRecord] = RecordOutcome(created=[], unchanged=[], refused=[])
    for place, record in enumerate(records):
        if place in faults:
            outcome.refused.append(Refusal(record=record, error=faults[place]))
        else:
            (outcome.created if place in created else outcome.unchanged).append(record)
    return outcome


class _FieldOfPlay:
    """The tournaments of a batch as they are now, and who is registered for each with which team."""

    def __init__(self, records: Sequence[TournamentMatchRecord]) -> None:
        keys = {record.tournament.pk for record in records}
        self.tournaments = Tournament.objects.in_bulk(keys)
        self.teams: dict[tuple[int, int], int | None] = {}
        rows = TournamentParticipation.objects.filter(tournament__in=keys) if keys else TournamentParticipation.objects.none()
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
            raise TournamentNotFound(f"The tournament {record.tournament.slug} does not exist.", field="tournament")
        require_state(tournament, [Status.OPEN, Status.RUNNING, Status.COMPLETED], "recording a match")
        if tournament.game_id != record.match.game.pk:
            raise InvalidTournamentMatch(f"{tournament.name} is not played in {record.match.game.name}.", field="game")
        for name in ("round", "series", "map_name"):
            check_text(getattr(record, name), field=name, limit=LONGEST_WORD)
        check_json_object(record.stats, field="stats")
        players = {line.user.pk: line.user.username for line in record.match.lines}
        if strangers := [name for user, name in sorted(players.items()) if (tournament.pk, user) not in self.teams]:
            raise InvalidTournamentMatch(f"{', '.join(strangers)} not registered for {tournament.name}; register them first.", field="user")
        if not record.teams.keys() <= players.keys():
            raise InvalidTournamentMatch("teams names a player who is not in the match.", field="teams")

    def team_of(self, record: TournamentMatchRecord, user: int) -> int | None:
        """The id of the team a player played for in a match."""
        return record.teams[user].pk if user in record.teams else self.teams[record.tournament.pk, user]


def _describe(records: Mapping[int, TournamentMatchRecord], field_of_play: _FieldOfPlay) -> dict[int, DomainError]:
    """Write the descriptions that are missing; return, by place, the refusals of those that say something else."""
    encounters = list_row_ids({record.match.encounter for record in records.values()})
    described = _list_described([match for players in encounters.values() for match in players.values()])
    faults: dict[int, DomainError] = {}
    new: list[TournamentMatchResult] = []
    for place, record in records.items():
        rows = [_build(record, user, match, field_of_play) for user, match in encounters[record.match.encounter].items()]
        if conflict := next(filter(None, (_find_conflict(record, described.get(row.match_id), row) for row in rows)), None):
            faults[place] = conflict
            continue
        missing = [row for row in rows if row.match_id not in described]
        described |= {row.match_id: row for row in missing}
        new += missing
    if new:
        new.sort(key=lambda row: row.match_id)
        TournamentMatchResult.objects.bulk_create(new)
        signals.tournament_matches_recorded.send(TournamentMatchResult, rows=new)
    return faults


def _list_described(matches: Sequence[int]) -> dict[int, TournamentMatchResult]:
    found = (TournamentMatchResult.objects.filter(match__in=batch) for batch in in_batches(matches, 10_000))
    return {row.match_id: row for rows in found for row in rows}


def _build(record: TournamentMatchRecord, user: int, match: int, field_of_play: _FieldOfPlay) -> TournamentMatchResult:
    players = {line.user.pk: field_of_play.team_of(record, line.user.pk) for line in record.match.lines}
    team = players[user]
    other_teams = {other for other in players.values() if other not in {None, team}} if team is not None else set()
    other_players = players.keys() - {user}
    return TournamentMatchResult(
        tournament_id=record.tournament.pk,
        user_id=user,
        match_id=match,
        team_id=team,
        opponent_team_id=other_teams.pop() if len(other_teams) == 1 else None,
        opponent_user_id=next(iter(other_players)) if len(other_players) == 1 else None,
        round=record.round,
        series=record.series,
        map_name=record.map_name,
        stats=dict(record.stats),
    )


def _find_conflict(record: TournamentMatchRecord, known: TournamentMatchResult | None, row: TournamentMatchResult) -> MatchConflict | None:
    if known is None:
        return None
    different = [name for name in DESCRIBED if getattr(known, name) != getattr(row, name)]
    if not different and not is_same_json(known.stats, row.stats):
        different = ["stats"]
    if not different:
        return None
    name = different[0].removesuffix("_id")
    return MatchConflict(f"Match {record.match_key!r} is recorded already and differs in {name}. Nothing was changed.", field=name)
