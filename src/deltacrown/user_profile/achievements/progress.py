"""Follow one player's matches in order of play, and say what they earn. No database here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from deltacrown.games.models import MatchRow
from deltacrown.user_profile.achievements.catalogue import MATCH_MEASURES, map_thresholds
from deltacrown.user_profile.achievements.measure import MatchTotal

#: What each count of a measure earns, lowest first.
THRESHOLDS = [sorted(map_thresholds(measure).items()) for measure in MATCH_MEASURES]
HIGHEST = [thresholds[-1][0] for thresholds in THRESHOLDS]
#: From so many matches before one it is known all it can earn, but for totals.
EARLIER_NEEDED = max(measure.count_earlier(map_thresholds(measure)) for measure in MATCH_MEASURES)
#: What a match earns depends on so many before it, and on the count after the last of them: so a new match
#: makes no difference to those further on.
LATER_NEEDED = EARLIER_NEEDED + 1
#: The results of the matches that can earn anything.
EARNING = frozenset[str]().union(*(measure.rising for measure in MATCH_MEASURES))
#: The numbers of the profile that totals are.
STATS = sorted({measure.stat for measure in MATCH_MEASURES if issubclass(measure, MatchTotal)})
#: The results of the matches that any of them counts.
COUNTED_IN_TOTALS = {
    result
    for measure in MATCH_MEASURES
    if issubclass(measure, MatchTotal)
    for result in MatchRow.Result.values
    if measure().counts(result)
}


class MatchProgress:
    """The counts of a player after some matches."""

    def __init__(self) -> None:
        self._measures = [measure() for measure in MATCH_MEASURES]
        self._takes = [measure.take for measure in self._measures]
        self._counts = [0] * len(MATCH_MEASURES)

    def start(self, earlier: Iterable[str], new: Sequence[str], totals: Mapping[str, int]) -> None:
        """Set the counts to those before some new matches.

        :param earlier: results of the ``EARLIER_NEEDED`` matches before the new ones, oldest first.
        :param new: results of the new matches.
        :param totals: the numbers of the profile after the new matches, by name.
        """
        for result in earlier:
            self.take(result)  # what it earned was awarded then

        for position, measure in enumerate(self._measures):
            if isinstance(measure, MatchTotal):
                measure.count = totals.get(measure.stat, 0) - sum(measure.counts(result) for result in new)
                self._counts[position] = measure.count

    def take(self, result: str) -> list[str]:
        """Add the next match. Return the slugs of what it earns, also those an earlier match earned."""
        earned = []
        counts = self._counts
        for position, take in enumerate(self._takes):
            before, after = counts[position], take(result)
            counts[position] = after

            if after > before < HIGHEST[position]:
                earned += [slug for threshold, slug in THRESHOLDS[position] if before < threshold <= after]

        return earned
