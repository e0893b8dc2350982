"""Matches won."""

from __future__ import annotations

from deltacrown.games.models import MatchRow
from deltacrown.user_profile.achievements.measure import MatchTotal


class Wins(MatchTotal):
    """Matches won."""

    stat = "matches_won"
    rising = frozenset({MatchRow.Result.WIN})

    def counts(self, result: str) -> bool:
        return result == MatchRow.Result.WIN
