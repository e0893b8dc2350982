"""A batch of matches out of a body: public ids and slugs become rows, and what names nobody is refused match by match."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from deltacrown.accounts.models import User
from deltacrown.api.shapes.matches import GivenLine, GivenMatch
from deltacrown.core.errors import DomainError, InvalidInput
from deltacrown.games.models import Game
from deltacrown.games.services import MatchRecord, PlayerLine, find_games
from deltacrown.tournaments.models import Tournament
from deltacrown.tournaments.services import AnyRecord, TournamentMatchRecord, find_tournaments, record_deliveries
from deltacrown.user_profile.people.addresses import find_users


@dataclass
class _Named:
    """Everything a batch names, looked up at once."""

    users: dict[str, User]
    games: dict[str, Game]
    tournaments: dict[str, Tournament]

    @classmethod
    def by(cls, matches: Sequence[GivenMatch]) -> _Named:
        return cls(
            find_users(line.player for match in matches for line in match.players),
            find_games(match.game for match in matches),
            find_tournaments(match.tournament for match in matches if match.tournament),
        )


@dataclass
class _Batch:
    """The records of a batch by place, and the refusals of those that are none."""

    records: dict[int, AnyRecord] = field(default_factory=dict)
    refusals: dict[int, DomainError] = field(default_factory=dict)


def deliver(matches: Sequence[GivenMatch], *, now: datetime) -> dict[str, Any]:
    """Record a batch, and say what became of each match, as ``Outcomes`` has it."""
    batch = _read(matches)
    outcome = record_deliveries(records=list(batch.records.values()), now=now)
    places = {id(record): place for place, record in batch.records.items()}
    refusals = batch.refusals | {places[id(refusal.record)]: refusal.error for refusal in outcome.refused}
    created = {places[id(record)] for record in outcome.created}
    told = [_outcome(place, match, refusals.get(place), created) for place, match in enumerate(matches)]
    counts = {status: sum(each["status"] == status for each in told) for status in ("accepted", "unchanged", "refused")}
    return {**counts, "outcomes": told}


def _read(matches: Sequence[GivenMatch]) -> _Batch:
    named, batch = _Named.by(matches), _Batch()
    for place, match in enumerate(matches):
        try:
            batch.records[place] = _record(match, named)
        except DomainError as refusal:
            batch.refusals[place] = refusal
    return batch


def _record(match: GivenMatch, named: _Named) -> AnyRecord:
    game = named.games.get(match.game)
    if game is None:
        raise InvalidInput(f"There is no game {match.game[:60]!r}.", field="game")
    record = MatchRecord(
        game=game,
        match_key=match.match_key,
        played_at=match.played_at,
        lines=tuple(_line(each.player, each, named) for each in match.players),
        void_reason=match.void_reason,
    )
    if match.tournament is None:
        if described := next((name for name in ("round", "series", "map_name", "details") if getattr(match, name)), None):
            raise InvalidInput(f"{described} describes a match of a tournament, and none is named.", field=described)
        return record
    event = named.tournaments.get(match.tournament)
    if event is None:
        raise InvalidInput(f"There is no tournament {match.tournament[:100]!r}.", field="tournament")
    return TournamentMatchRecord(
        tournament=event, match=record, round=match.round, series=match.series, map_name=match.map_name, stats=match.details
    )


def _line(public_id: str, given: Any, named: _Named) -> PlayerLine:
    user = named.users.get(public_id)
    if user is None:
        raise InvalidInput(f"There is no player {public_id[:40]!r}.", field="player")
    return PlayerLine(user=user, result=given.result, side=given.side, score=given.score, stats=given.stats)


def _outcome(place: int, match: GivenMatch, refusal: DomainError | None, created: set[int]) -> dict[str, Any]:
    status = "refused" if refusal else "accepted" if place in created else "unchanged"
    told = refusal and {
        "code": refusal.code,
        "field": refusal.field,
        "pointer": _pointer(place, refusal.field),
        "detail": refusal.message,
    }
    return {"index": place, "match_key": match.match_key, "game": match.game, "status": status, "refusal": told}


def _pointer(place: int, name: str) -> str:
    """Where in the body a refusal points: to the field of the match, or to its players when it is one of theirs."""
    of_match, of_players = name in GivenMatch.model_fields, name in GivenLine.model_fields
    return f"/matches/{place}" + (f"/{name}" if of_match else "/players" if of_players else "")
