"""Convert a batch of matches from a request into records: public ids and slugs become rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from deltacrown.accounts.models import User
from deltacrown.api.shapes.matches import GivenLine, GivenMatch
from deltacrown.core.errors import DomainError, InvalidInput
from deltacrown.games.models import Game
from deltacrown.games.services import LineRecord, MatchRecord, RecordOutcome, RecordStatus, find_games
from deltacrown.tournaments.models import Tournament
from deltacrown.tournaments.services import (
    AnyRecord,
    TournamentMatchRecord,
    find_tournaments,
    record_deliveries,
)
from deltacrown.user_profile.people.addresses import find_users

#: A match that was recorded, and is described now, is shown as unchanged: its lines are.
SHOWN_AS = {
    RecordStatus.CREATED: "accepted",
    RecordStatus.COMPLETED: "unchanged",
    RecordStatus.UNCHANGED: "unchanged",
    RecordStatus.REFUSED: "refused",
}
#: What only a match of a tournament has.
DESCRIPTIONS = ("round", "series", "map_name", "details")
STATUSES = ("accepted", "unchanged", "refused")


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


def deliver(matches: Sequence[GivenMatch], *, now: datetime) -> dict[str, Any]:
    """Record a batch, and return what became of each match, as ``Outcomes`` has it."""
    named = _Named.by(matches)
    records: dict[int, AnyRecord] = {}
    outcomes: dict[int, RecordOutcome] = {}
    for place, match in enumerate(matches):
        try:
            records[place] = _record(match, named)
        except DomainError as refusal:
            outcomes[place] = RecordOutcome.refused(refusal)

    outcomes |= zip(records, record_deliveries(records=[*records.values()], now=now), strict=True)
    shown = [_outcome(place, match, outcomes[place]) for place, match in enumerate(matches)]
    counts = {status: sum(each["status"] == status for each in shown) for status in STATUSES}
    return {**counts, "outcomes": shown}


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
        described = next((name for name in DESCRIPTIONS if getattr(match, name)), None)
        if described:
            raise InvalidInput(
                f"{described} describes a match of a tournament, and none is named.", field=described
            )
        return record
    event = named.tournaments.get(match.tournament)
    if event is None:
        raise InvalidInput(f"There is no tournament {match.tournament[:100]!r}.", field="tournament")
    return TournamentMatchRecord(
        tournament=event,
        match=record,
        round=match.round,
        series=match.series,
        map_name=match.map_name,
        stats=match.details,
    )


def _line(public_id: str, given: Any, named: _Named) -> LineRecord:
    user = named.users.get(public_id)
    if user is None:
        raise InvalidInput(f"There is no player {public_id[:40]!r}.", field="player")
    return LineRecord(user=user, result=given.result, side=given.side, score=given.score, stats=given.stats)


def _outcome(place: int, match: GivenMatch, outcome: RecordOutcome) -> dict[str, Any]:
    refusal = outcome.refusal
    shown = refusal and {
        "code": refusal.code,
        "field": refusal.field,
        "pointer": _pointer(place, refusal.field),
        "detail": refusal.message,
    }
    return {
        "index": place,
        "match_key": match.match_key,
        "game": match.game,
        "status": SHOWN_AS[outcome.status],
        "refusal": shown,
    }


def _pointer(place: int, name: str) -> str:
    """Return where in the body a refusal points: to the field of the match, or to its players."""
    of_match, of_players = name in GivenMatch.model_fields, name in GivenLine.model_fields
    return f"/matches/{place}" + (f"/{name}" if of_match else "/players" if of_players else "")
