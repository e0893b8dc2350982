"""Planned matches, whose results are random and depend on the strength of the players."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random

from deltacrown.demo.plan.people import PlannedPlayer
from deltacrown.demo.plan.reports import Performer, Scores, Stats
from deltacrown.demo.plan.titles import Title

#: One unit of skill in Elo rating points, as in chess.
RATING_PER_SKILL = 260
#: Probability of a draw between sides of equal strength, in a game that has draws.
DRAWS = 0.24

#: The players of the two sides.
Lineups = tuple[tuple[PlannedPlayer, ...], tuple[PlannedPlayer, ...]]


@dataclass(frozen=True)
class PlannedMatch:
    """A match of two sides.

    :param names: the names of the two sides; empty in a one-on-one game.
    :param winner: index of the winning side, 0 or 1; None for a draw.
    :param stats: the stats of every player, by side.
    :param reported_wrong: the match is recorded with the result swapped, and corrected later.
    """

    key: str
    title: Title
    played_at: datetime
    lineups: Lineups
    names: tuple[str, str]
    winner: int | None
    scores: Scores
    stats: tuple[tuple[Stats, ...], ...]
    round_name: str = ""
    series: str = ""
    map_name: str = ""
    reported_wrong: bool = False

    @property
    def players(self) -> tuple[PlannedPlayer, ...]:
        return self.lineups[0] + self.lineups[1]

    @property
    def loser(self) -> int | None:
        return None if self.winner is None else 1 - self.winner

    def as_reported(self) -> PlannedMatch:
        """Return the match as it is first recorded: correct, or with winner and scores swapped."""
        if not self.reported_wrong:
            return self
        return replace(self, winner=self.loser, scores=(self.scores[1], self.scores[0]))

    def result_of(self, side: int) -> str:
        """Return ``WIN``, ``LOSS`` or ``DRAW`` for a side, 0 or 1."""
        if self.winner is None:
            return "DRAW"
        return "WIN" if self.winner == side else "LOSS"


def expect_score(lead: float) -> float:
    """Return the Elo expected score, 0 to 1, of a side that is ``lead`` units of skill stronger."""
    return float(1 / (1 + 10 ** (-lead * RATING_PER_SKILL / 400)))


def play_match(
    rng: Random,
    *,
    key: str,
    title: Title,
    played_at: datetime,
    lineups: Lineups,
    names: tuple[str, str],
    must_end: bool = False,
    round_name: str = "",
    series: str = "",
) -> PlannedMatch:
    """Return a match with a random result that depends on the strength of the sides.

    :param must_end: allow no draw, as in a bracket.
    """
    sides = [
        [Performer(player.number, player.strength_at(title, played_at)) for player in lineup]
        for lineup in lineups
    ]
    expected = expect_score(_mean(sides[0]) - _mean(sides[1]))
    winner, scores = _draw_outcome(rng, title, expected, must_end=must_end)
    stats = tuple(tuple(side) for side in title.report(rng, sides, scores))

    return PlannedMatch(
        key,
        title,
        played_at,
        lineups,
        names,
        winner,
        scores,
        stats,
        round_name,
        series,
        rng.choice(title.maps) if series else "",
    )


def _draw_outcome(rng: Random, title: Title, expected: float, *, must_end: bool) -> tuple[int | None, Scores]:
    """Return a random winner and scores. In a game with draws, a draw is likelier between even sides."""
    if title.draw_level_score and not must_end:
        evenness = 1 - abs(2 * expected - 1)
        if rng.random() < DRAWS * evenness:
            return None, title.draw_level_score(rng)

    winner = int(rng.random() >= expected)
    high, low = title.draw_score(rng)
    return winner, (low, high) if winner else (high, low)


def _mean(side: Sequence[Performer]) -> float:
    return sum(performer.strength for performer in side) / len(side)
