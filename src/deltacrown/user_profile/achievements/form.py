"""What matches earn, told from a player's matches in the order they were played. No database here."""

from __future__ import annotations

from dataclasses import dataclass

from deltacrown.games.models import MatchRow
from deltacrown.user_profile.achievements.catalogue import Measure, thresholds_of

WINS, STREAKS, COMEBACKS = (thresholds_of(measure) for measure in (Measure.WINS, Measure.STREAK, Measure.COMEBACK))
#: So many matches before one tell all it can earn beyond counts of wins.
LONGEST_RUN = max([*STREAKS, *COMEBACKS])


@dataclass
class Form:
    """How a player stands after some matches: matches won, and won or lost in a row."""

    wins: int = 0
    winning: int = 0
    losing: int = 0

    def take(self, result: str) -> list[str]:
        """Add the next match and return the slugs of what it earns, also what an earlier one earned already."""
        if result != MatchRow.Result.WIN:
            self.losing = self.losing + 1 if result == MatchRow.Result.LOSS else 0
            self.winning = 0
            return []
        comebacks = [slug for losses, slug in COMEBACKS.items() if self.losing >= losses]
        self.wins, self.winning, self.losing = self.wins + 1, self.winning + 1, 0
        reached = WINS.get(self.wins), STREAKS.get(self.winning)
        return [*comebacks, *(slug for slug in reached if slug)]
