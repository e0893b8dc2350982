"""Single elimination with best-of-three series. The best seeds get byes when the bracket is not full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from deltacrown.demo.plan.entrants import PlannedEntrant
from deltacrown.demo.plan.matches import PlannedMatch, play_match
from deltacrown.demo.plan.titles import Title

BEST_OF = 3
#: Hours between two rounds, and minutes between two series of one round.
ROUND_HOURS, SERIES_MINUTES = 24, 15


@dataclass
class Bracket:
    """A bracket as far as it was played when the season closed.

    :param ranking: groups of entrants who share a placement, the winner's first; empty if it is not over.
    """

    matches: list[PlannedMatch] = field(default_factory=list)
    ranking: list[list[PlannedEntrant]] = field(default_factory=list)


def play_bracket(
    rng: Random,
    slug: str,
    title: Title,
    entrants: Sequence[PlannedEntrant],
    starts_at: datetime,
    *,
    until: datetime,
    third: bool,
) -> Bracket:
    """Play a tournament from the first round to the final, or until the season closes.

    :param until: when the season closes.
    :param third: the losers of the semi-finals play for third place; otherwise they share it.
    """
    table = _Table(rng, slug, title)
    seeds = sorted(
        entrants,
        key=lambda entrant: (
            -sum(player.strength_at(title, starts_at) for player in entrant.roster[: title.squad])
        ),
    )
    remaining = _seat(seeds)
    out: list[list[PlannedEntrant]] = []

    while len(remaining) > 1:
        pairs = list(zip(remaining[::2], remaining[1::2], strict=True))
        name = _name_round(len(remaining))
        decided = [
            table.decide(*pair, round_name=name, starts_at=starts_at, place=place)
            for place, pair in enumerate(pairs)
        ]

        losers = [loser for _, loser in decided if loser is not None]
        if third and len(remaining) == 4 and len(losers) == 2:
            late = starts_at + timedelta(hours=ROUND_HOURS - 2)
            winner, loser = table.decide(
                losers[0], losers[1], round_name="Third place", starts_at=late, place=0
            )
            out += [[each] for each in (loser, winner) if each is not None]
        else:
            out.append(losers)

        remaining = [winner for winner, _ in decided]
        starts_at += timedelta(hours=ROUND_HOURS)

    played = [match for match in table.matches if match.played_at < until]
    is_over = len(played) == len(table.matches)
    winners = [each for each in remaining if each]
    ranking = [winners, *reversed(out)] if is_over else []
    return Bracket(played, ranking)


def rank(
    groups: Sequence[Sequence[PlannedEntrant]], without: PlannedEntrant | None = None
) -> list[tuple[PlannedEntrant, int]]:
    """Return entrants with placements by standard competition ranking: 1, 2, 2, 4.

    :param groups: entrants who share a placement, best first.
    :param without: an entrant who gets no placement.
    """
    placements: list[tuple[PlannedEntrant, int]] = []
    for group in groups:
        placed = [entrant for entrant in group if entrant is not without]
        placements += [(entrant, len(placements) + 1) for entrant in placed]
    return placements


class _Table:
    """The matches of a bracket, collected while they are played."""

    def __init__(self, rng: Random, slug: str, title: Title) -> None:
        self.matches: list[PlannedMatch] = []
        self._rng, self._slug, self._title = rng, slug, title
        self._series = 0

    def decide(
        self,
        first: PlannedEntrant | None,
        second: PlannedEntrant | None,
        *,
        round_name: str,
        starts_at: datetime,
        place: int,
    ) -> tuple[PlannedEntrant | None, PlannedEntrant | None]:
        """Play a series and return its winner and loser. A bye has no match and no loser."""
        if first is None or second is None:
            return first or second, None

        self._series += 1
        won, played_at = [0, 0], starts_at + timedelta(minutes=SERIES_MINUTES * place)
        lineups = first.draw_lineup(self._rng, self._title), second.draw_lineup(self._rng, self._title)

        while max(won) <= BEST_OF // 2:
            match = play_match(
                self._rng,
                key=f"demo-{self._slug}-{self._series:02d}-{sum(won) + 1}",
                title=self._title,
                played_at=played_at,
                lineups=lineups,
                names=(first.name, second.name),
                must_end=True,
                round_name=round_name,
                series=f"{round_name}, series {self._series}",
            )
            self.matches.append(match)
            won[match.winner or 0] += 1
            played_at += timedelta(minutes=self._rng.randint(*self._title.minutes) + 5)

        return (first, second) if won[0] > won[1] else (second, first)


def _seat(seeds: Sequence[PlannedEntrant]) -> list[PlannedEntrant | None]:
    """Return the entrants, given best first, in bracket order, so that the best meet last; None is a bye."""
    order = [0]
    while len(order) < len(seeds):
        order = [seat for each in order for seat in (each, 2 * len(order) - 1 - each)]
    return [seeds[seat] if seat < len(seeds) else None for seat in order]


def _name_round(remaining: int) -> str:
    return {2: "Final", 4: "Semi-final", 8: "Quarter-final"}.get(remaining, f"Round of {remaining}")
