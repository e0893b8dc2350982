"""What achievements count: a class per measure in ``measures``. The catalogue says which count to reach."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from typing import ClassVar

from deltacrown.games.models import MatchRow
from deltacrown.user_profile.achievements.tournament_facts import TournamentFact, TournamentSource
from deltacrown.user_profile.privacy import History


class Measure(ABC):
    """Something of a player that is counted. Voided matches and disqualified entrants count for none.

    :cvar reveals: the histories that a fact which earns an achievement makes known.
    """

    reveals: ClassVar[frozenset[History]]


class MatchMeasure(Measure):
    """Counts matches in order of play. An instance follows one player.

    An achievement is earned by the match with which the count rises to its threshold, or past it.
    """

    reveals = frozenset({History.MATCHES})

    #: The results of the matches with which the count can rise: by the others nothing is earned.
    rising: ClassVar[frozenset[str]] = frozenset(MatchRow.Result.values)

    @abstractmethod
    def take(self, result: str) -> int:
        """Add the player's next match that counts, and return the count after it."""

    @classmethod
    def count_earlier(cls, thresholds: Collection[int]) -> int:
        """Return from how many earlier matches the count is known, as far as the thresholds ask.

        It bounds what is read when a match is recorded. The largest threshold will do for matches in a row.
        """
        return max(thresholds)


class MatchTotal(MatchMeasure):
    """Counts the matches of a player that have something in common, over the whole history.

    :cvar stat: the number of the profile that is this count; no earlier match is read where it is known.
    """

    stat: ClassVar[str]

    def __init__(self) -> None:
        self.count = 0

    @abstractmethod
    def counts(self, result: str) -> bool:
        """Return whether a match is one of them."""

    def take(self, result: str) -> int:
        self.count += self.counts(result)

        return self.count

    @classmethod
    def count_earlier(cls, thresholds: Collection[int]) -> int:  # noqa: ARG003 - the same for any
        return 0


class TournamentMeasure(Measure):
    """Counts registrations or results, in order of their dates."""

    @classmethod
    @abstractmethod
    def get_source(cls) -> TournamentSource:
        """Return what reads the rows; measures of one source share its query."""

    def counts(self, fact: TournamentFact) -> bool:
        """Return whether a row of the source is counted."""
        return True
