"""The lines of one match before somebody who rules on it: an organiser, or staff."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from deltacrown.games.models import MatchRow


@dataclass(frozen=True, kw_only=True)
class RuledMatch:
    """A match with all its lines.

    :param may_rule: whether the viewer may change it now.
    """

    match_key: str
    rows: list[MatchRow]
    may_rule: bool

    @property
    def match(self) -> MatchRow:
        """Return the first of its lines."""
        return self.rows[0]

    @property
    def is_void(self) -> bool:
        """Return whether all of it is void."""
        return all(row.is_voided for row in self.rows)

    @property
    def has_void(self) -> bool:
        """Return whether a line of it is void."""
        return any(row.is_voided for row in self.rows)

    @property
    def can_swap(self) -> bool:
        """Return whether two sides can have each other's result."""
        return not self.is_void and bool(swap_sides(self.rows))

    @property
    def state(self) -> str:
        """Return what its lines say, as a form that is made from them sends it along."""
        return digest_lines([(row, row.result, row.score) for row in self.rows])


def digest_lines(said: Sequence[tuple[MatchRow, str, str]]) -> str:
    """Return a text that is another one once a line has another player, side, result or score.

    :param said: lines with the result and the score that they have, or would have.
    """
    lines = sorted((row.user_id, row.side, result, score) for row, result, score in said)
    return hashlib.sha256(repr(lines).encode()).hexdigest()[:32]


def swap_sides(rows: Sequence[MatchRow]) -> list[tuple[MatchRow, str, str]]:
    """Return each line with the result and score of the other side; nothing without two sides that differ."""
    sides: defaultdict[str, list[MatchRow]] = defaultdict(list)
    for row in rows:
        sides[row.side or f"\0{row.user_id}"].append(row)
    said = [{(row.result, row.score) for row in side} for side in sides.values()]
    if len(said) != len("ab") or any(len(each) != 1 for each in said) or said[0] == said[1]:
        return []
    first, second = (next(iter(each)) for each in said)
    a, b = sides.values()
    return [(row, *second) for row in a] + [(row, *first) for row in b]
