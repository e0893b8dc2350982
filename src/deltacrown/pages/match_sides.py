"""The sides of a match, out of its lines: rows, or entries of a history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from deltacrown.core.natural_order import get_sort_key
from deltacrown.games.models import MatchRow
from deltacrown.games.services import LEFT

RESULTS = list(MatchRow.Result)


class Line(Protocol):
    """What is looked at of a line."""

    @property
    def result(self) -> str: ...
    @property
    def score(self) -> str: ...
    @property
    def placement(self) -> int | None: ...
    @property
    def ended_by(self) -> str: ...


@dataclass(frozen=True)
class MatchSide:
    """One side of a match: a team, or a player who was alone on it.

    :param result: that of its players, but for those who left the match: they may have lost where it won.
    :param score: empty where its players have no score, or different ones.
    :param placement: the best of its players, if any is known.
    :param is_split: whether its players have several results.
    """

    name: str
    result: MatchRow.Result
    score: str
    placement: int | None = None
    is_split: bool = False


def list_sides(lines: Iterable[tuple[str, Line]]) -> list[MatchSide]:
    """Return the sides of a match: by placement where they have one, then by result and name.

    :param lines: the name of the side of each line, and the line.
    """
    by_name: dict[str, list[Line]] = {}
    for name, line in lines:
        by_name.setdefault(name, []).append(line)

    sides = [_describe_side(name, together) for name, together in by_name.items()]
    return sorted(sides, key=lambda side: (*get_place(side), get_sort_key(side.name)))


def get_place(line: Line | MatchSide) -> tuple[float, int]:
    """Return what to sort by: the placement, those without one last; then the result."""
    return line.placement or float("inf"), RESULTS.index(MatchRow.Result(line.result))


def _describe_side(name: str, lines: Sequence[Line]) -> MatchSide:
    stayed = [line for line in lines if line.ended_by not in LEFT] or lines
    results = {MatchRow.Result(line.result) for line in stayed}
    scores = {line.score for line in lines}
    places = [line.placement for line in lines if line.placement is not None]

    return MatchSide(
        name=name,
        result=next(result for result in RESULTS if result in results),
        score=scores.pop() if len(scores) == 1 else "",
        placement=min(places, default=None),
        is_split=len(results) > 1,
    )
