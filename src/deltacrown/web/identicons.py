"""Identicons: the picture of a player or a team without one, drawn from its public id or slug.

A grid of five by five cells, its left half mirrored, in one of a few hues. The same text always gives the
same picture, and the picture tells nothing of it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

#: Cells of a row and of a column; the middle column is the axis.
SIZE, AXIS = 5, 2
#: How many hues the style sheet knows, as classes ``hue-0`` to ``hue-7``.
HUES = 8


@dataclass(frozen=True)
class Identicon:
    """A picture.

    :param path: an SVG path in a box of five by five.
    :param hue: the number of its colour.
    """

    path: str
    hue: int


@lru_cache(maxsize=4096)
def draw_identicon(text: str) -> Identicon:
    """Return the picture of a public id or a slug."""
    digest = hashlib.sha256(text.encode()).digest()
    cells = [
        (column, row)
        for row in range(SIZE)
        for column in range(SIZE)
        # The columns beyond the axis repeat those before it.
        if digest[row * (AXIS + 1) + min(column, SIZE - 1 - column)] % 2
    ]
    path = "".join(f"M{column} {row}h1v1h-1z" for column, row in cells)
    return Identicon(path or f"M{AXIS} {AXIS}h1v1h-1z", digest[-1] % HUES)
