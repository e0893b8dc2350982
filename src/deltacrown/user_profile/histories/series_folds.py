"""The matches of a page with the games of one series together; see docs/decisions/0043."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from deltacrown.user_profile.histories.matches import MatchEntry, SeriesSoFar


@dataclass(frozen=True)
class Fold:
    """Matches that a list shows as one row: the games of a series that follow each other, or one match.

    :param entries: as the list has them, latest first.
    :param series: what the series came to; ``None`` for one match.
    """

    entries: list[MatchEntry]
    series: SeriesSoFar | None = None

    @property
    def latest(self) -> MatchEntry:
        """Return the match that is listed first."""
        return self.entries[0]

    @property
    def games(self) -> int:
        """Return how many games of the series the player has: those here, and those that count elsewhere."""
        counted = sum(entry.counts for entry in self.entries)
        played = self.series.games_played if self.series else 0
        return len(self.entries) + max(0, played - counted)

    @property
    def is_whole(self) -> bool:
        """Return whether all games of the series are here; others may be on other pages, or filtered out."""
        return self.games == len(self.entries)


def fold_series(entries: Iterable[MatchEntry]) -> list[Fold]:
    """Return the matches as a list shows them; a series of one game is that game."""
    folds = []
    for _, together in groupby(entries, key=_get_series):
        games = list(together)
        fold = Fold(games, games[0].series)
        folds += [fold] if fold.series and fold.games > 1 else [Fold([game]) for game in games]
    return folds


def _get_series(entry: MatchEntry) -> tuple[str, str, int]:
    if entry.tournament is None or not entry.series:
        return "", "", entry.line_id
    return entry.tournament.slug, entry.tournament.series, 0
