"""Match records for tests, one short call each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from deltacrown.accounts.models import User
from deltacrown.games.models import Game
from deltacrown.games.services import MatchRecord, PlayerLine

NOW = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)
PLAYED = datetime(2025, 5, 31, 20, 0, tzinfo=UTC)


def line(user: User, result: str = "WIN", **fields: Any) -> PlayerLine:
    return PlayerLine(user=user, result=result, **fields)


def record(game: Game, key: str, *lines: PlayerLine, **fields: Any) -> MatchRecord:
    return MatchRecord(**{"game": game, "match_key": key, "played_at": PLAYED, "lines": lines, **fields})


def duel(game: Game, key: str, winner: User, loser: User, **fields: Any) -> MatchRecord:
    return record(game, key, line(winner, "WIN"), line(loser, "LOSS"), **fields)
