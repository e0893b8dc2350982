"""A match, and how its result comes from the strength of those who play it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random

from deltacrown.demo.plan.people import Player
from deltacrown.demo.plan.reports import Performer, Scores, Stats
from deltacrown.demo.plan.titles import Title

#: How much a lead of 1 in skill is worth: the expected score is that of 260 rating points of chess.
RATING_PER_SKILL = 260
#: How often a match between equals is a draw, in a game that has draws.
DRAWS = 0.24

#: The players of the two sides.
Lineups = tuple[tuple[Player, ...], tuple[Player, ...]]


@dataclass(frozen=True)
class PlannedMatch:
    """One encounter of two sides.

    :param names: what the two sides are called; empty when two players meet.
    :param winner: 0 or 1, or None when it is a draw.
    :param stats: of every player, by side.
    :param reported_wrong: recorded with the sides swapped, to be corrected later.
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
    def players(self) -> tuple[Player, ...]:
        return self.lineups[0] + self.lineups[1]

    @property
    def loser(self) -> int | None:
        return None if self.winner is None else 1 - self.winner

    def as_reported(self) -> PlannedMatch:
        """What is recorded at first: the truth, or the sides swapped."""
        if not self.reported_wrong:
            return self
        return replace(self, winner=self.loser, scores=(self.scores[1], self.scores[0]))

    def result_of(self, side: int) -> str:
        """``WIN``, ``LOSS`` or ``DRAW``."""
        if self.winner is None:
            return "DRAW"
        return "WIN" if self.winner == side else "LOSS"


def expect_score(lead: float) -> float:
    """The expected score, 0 to 1, of a side that is ``lead`` stronger than the other."""
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
    """Play a match: chance decides it, weighted by strength.

    :param must_end: there is no draw, as in a bracket.
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
    """Draw the winner and the scores; the evener the sides the likelier nobody wins, in a game where that can be."""
    if title.draw_level_score and not must_end and rng.random() < DRAWS * (1 - abs(2 * expected - 1)):
        return None, title.draw_level_score(rng)
    winner = int(rng.random() >= expected)
    high, low = title.draw_score(rng)
    return winner, (low, high) if winner else (high, low)


def _mean(side: Sequence[Performer]) -> float:
    return sum(performer.strength for performer in side) / len(side)
