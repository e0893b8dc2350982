"""Matches won in a row."""

from __future__ import annotations

from deltacrown.games.models import MatchRow
from deltacrown.user_profile.achievements.measure import MatchMeasure


class WinStreak(MatchMeasure):
    """Matches won in a row. A draw ends it."""

    rising = frozenset({MatchRow.Result.WIN})

    def __init__(self) -> None:
        self.wins = 0

    def take(self, result: str) -> int:
        self.wins = self.wins + 1 if result == MatchRow.Result.WIN else 0

        return self.wins
