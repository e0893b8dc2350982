"""Placements once disqualified entrants are out: a rule on numbers, without the database.

Placements follow from two facts alone, the published ones and who is disqualified. So disqualifications can
be made and lifted in any order: the same entrants out give the same standings.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping


def settle_placements(published: Iterable[int], struck: Collection[int]) -> dict[int, int]:
    """Return published placement → placement, for those who stay in.

    Everybody moves up by the number of those who were placed better and are out. Entrants who were apart
    stay apart, also where the published standings count otherwise than 1, 2, 2, 4.

    :param published: the placements of those who stay in.
    :param struck: the placements of those who are out, one each.
    """
    out = sorted(struck)
    settled: dict[int, int] = {}
    previous = 0
    for placement in sorted(set(published)):
        previous = max(placement - bisect_left(out, placement), previous + 1)
        settled[placement] = previous
    return settled


def find_published(placement: int, settled: Mapping[int, int], struck: Collection[int]) -> int:
    """Return the published placement that ``placement`` stands for while some are out.

    Who shares a placement with others shares their published one. Who is alone comes after those who are
    out and would be in the same place.

    :param settled: published placement → placement, of the others who stay in.
    """
    shared = [known for known, now in settled.items() if now == placement]
    if shared:
        return min(shared)

    out = sorted(struck)
    found = placement
    while (moved := placement + bisect_right(out, found)) != found:
        found = moved
    return found
