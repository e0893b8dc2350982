"""Match records for tests, one short call each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from deltacrown.accounts.models import User
from deltacrown.core.errors import DomainError
from deltacrown.games.models import Game
from deltacrown.games.services import LineRecord, MatchRecord, RecordOutcome

NOW = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)
PLAYED = datetime(2025, 5, 31, 20, 0, tzinfo=UTC)


def line(user: User, result: str = "WIN", **fields: Any) -> LineRecord:
    return LineRecord(user=user, result=result, **fields)


def record(game: Game, key: str, *lines: LineRecord, **fields: Any) -> MatchRecord:
    return MatchRecord(**{"game": game, "match_key": key, "played_at": PLAYED, "lines": lines, **fields})


def duel(game: Game, key: str, winner: User, loser: User, **fields: Any) -> MatchRecord:
    return record(game, key, line(winner, "WIN"), line(loser, "LOSS"), **fields)


def statuses(outcomes: Iterable[RecordOutcome]) -> list[str]:
    """The status of each outcome, in order."""
    return [outcome.status.value for outcome in outcomes]


def refusals(outcomes: Iterable[RecordOutcome]) -> list[DomainError]:
    """The refusals among outcomes, in order."""
    return [outcome.refusal for outcome in outcomes if outcome.refusal]
