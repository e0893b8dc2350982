"""Matches lost in a row before a win."""

from __future__ import annotations

from deltacrown.games.models import MatchRow
from deltacrown.user_profile.achievements.measure import MatchMeasure


class Comeback(MatchMeasure):
    """Matches lost in a row before a win. A draw ends the row."""

    rising = frozenset({MatchRow.Result.WIN})

    def __init__(self) -> None:
        self.losses = 0

    def take(self, result: str) -> int:
        losses_before = self.losses
        self.losses = self.losses + 1 if result == MatchRow.Result.LOSS else 0

        return losses_before if result == MatchRow.Result.WIN else 0
