"""Placements, alone and as ranges, and what they are once somebody is out: rules without the database.

Placements follow from two facts alone, the published ones and who is disqualified. So disqualifications can
be made and lifted in any order: the same entrants out give the same standings.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping
from heapq import heappop, heappush

from django.utils.translation import gettext as _

from deltacrown.core.errors import InvalidInput

#: The first and the last place of an entrant: (5, 8) of who shares the places 5 to 8, (2, 2) of a second.
Place = tuple[int, int]

_PLACE = re.compile(r"([0-9]{1,10})(?:\s*[-\N{EN DASH}]\s*([0-9]{1,10}))?")


def make_place(placement: int | None, placement_to: int | None) -> Place | None:
    """Return the place that two columns hold; None without a placement."""
    return None if placement is None else (placement, placement_to or placement)


def split_place(place: Place | None) -> tuple[int | None, int | None]:
    """Return a place as two columns; the second is None for a single place."""
    if place is None:
        return None, None
    first, last = place
    return first, None if last == first else last


def read_place(text: str) -> tuple[int | None, int | None]:
    """Parse a placement as people write it, ``5`` or ``5-8``, into the two columns; empty text has none.

    :raises InvalidInput: it is neither.
    """
    text = text.strip()
    if not text:
        return None, None
    found = _PLACE.fullmatch(text)
    if found is None:
        message = _("placement %(text)s must be a whole number, or a range as in 5-8.")
        raise InvalidInput(message % {"text": repr(text[:40])}, field="placement")
    return int(found[1]), int(found[2]) if found[2] else None


def write_place(placement: int | None, placement_to: int | None = None) -> str:
    """Return a placement as text: ``5``, ``5–8``; empty for none."""
    if placement is None:
        return ""
    is_range = placement_to is not None and placement_to != placement
    return f"{placement}\N{EN DASH}{placement_to}" if is_range else str(placement)


def settle_placements(published: Iterable[Place], struck: Collection[int]) -> dict[Place, Place]:
    """Return published place → place, for those who stay in.

    Everybody moves up by the number of those who were placed better and are out, a range as a whole. A range
    is shorter by those who shared it and are out: of four who shared 5 to 8, three share 5 to 7. Entrants who
    were apart stay apart and in their order, also where the published standings count otherwise than 1, 2, 2,
    4, or have gaps.

    :param published: the places of those who stay in.
    :param struck: the published placements of those who are out, one each.
    """
    out = sorted(struck)
    settled: dict[Place, Place] = {}
    ended: list[Place] = []  # a heap of (published last place, last place) of those passed
    free, earlier, now = 1, 0, 0

    for place in sorted(set(published)):
        first, last = place
        if first != earlier:
            while ended and ended[0][0] < first:
                free = max(free, heappop(ended)[1] + 1)
            now = max(first - bisect_left(out, first), free, now + 1)
            earlier = first

        end = now if last == first else max(last - bisect_right(out, last), now)
        settled[place] = (now, end)
        heappush(ended, (last, end))
    return settled


def find_published(place: Place, settled: Mapping[Place, Place], struck: Collection[int]) -> Place:
    """Return the published place that ``place`` stands for while some are out.

    Who shares a placement with others shares their published one. Who is alone comes after those who are
    out and would be in the same place. Nobody else moves.

    :param settled: published place → place, of the others who stay in.
    :param struck: the published placements of those who are out, one each.
    """
    out = sorted(struck)
    first, last = place
    shared = [known for known, now in settled.items() if now[0] == first]
    if shared:
        same = [known for known in shared if settled[known] == place]
        if same:
            return min(same)
        found = min(known[0] for known in shared)
    else:
        before = [known[0] for known, now in settled.items() if now[0] < first]
        found = _climb(max(first, max(before, default=0) + 1), first, out)

    if last == first:
        return found, found
    inside = [known[0] for known, now in settled.items() if now[0] <= last]
    return found, _climb(max([found, last, *inside]), last, out)


def _climb(found: int, place: int, out: list[int]) -> int:
    """Return the first number from ``found`` on that is ``place`` once those who are out are left out."""
    while (moved := place + bisect_right(out, found)) != found:
        found = moved
    return found
