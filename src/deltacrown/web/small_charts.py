"""The geometry of small charts: a trend beside a number, and bars of what happened in each period.

As in ``charts``, positions are percentages of the drawing, as texts. A small chart has no axis: the words
beside it say what it shows, and the numbers are in a table or in its title.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

Value = int | float | Decimal | None

#: How far a line stays from the edges, in percent, so that its ends are not cut off.
MARGIN = 8.0
#: How much of its place a bar fills.
FILLED = 0.8


@dataclass(frozen=True)
class Spark:
    """A line without axes.

    :param pieces: the points of a polyline each; there is a gap where there is no value.
    :param end: the position of the last value; None where the last has none.
    """

    pieces: list[str]
    end: tuple[str, str] | None


@dataclass(frozen=True)
class Bar:
    """What happened in one period.

    :param height: in percent of the drawing; ``part_height`` is of it, from the foot on.
    """

    label: str
    value: int
    part: int
    x: str
    width: str
    y: str
    height: str
    part_y: str
    part_height: str


@dataclass(frozen=True)
class Share:
    """A part of a whole.

    :param kind: a class of the style sheet.
    """

    kind: str
    x: str
    width: str


def draw_spark(values: Sequence[Value]) -> Spark | None:
    """Return a line through ``values``, the first on the left; None where fewer than two are known."""
    known = [float(value) for value in values if value is not None]
    if len(known) < 2:
        return None

    low, high = min(known), max(known)
    points = [_place(n, value, low, high, len(values)) for n, value in enumerate(values)]
    runs = [list(run) for is_known, run in groupby(points, key=bool) if is_known]
    pieces = [" ".join(f"{x},{y}" for x, y in filter(None, run)) for run in runs if len(run) > 1]
    return Spark(pieces, points[-1])


def draw_bars(periods: Sequence[tuple[str, int, int]]) -> list[Bar]:
    """Return a bar for each period: its label, its count, and how many of these are a part: the wins.

    The highest bar fills the drawing.
    """
    most = max((count for _, count, _ in periods), default=0)
    place = 100 / max(len(periods), 1)
    return [_draw_bar(n, period, place, most) for n, period in enumerate(periods)]


def draw_shares(parts: Sequence[tuple[str, int]]) -> list[Share]:
    """Return the parts of a whole beside each other; those of nothing are left out."""
    whole, drawn, begin = sum(count for _, count in parts), [], 0
    for kind, count in parts:
        if count:
            drawn.append(Share(kind, _write(100 * begin / whole), _write(100 * count / whole)))
        begin += count
    return drawn


def _place(n: int, value: Value, low: float, high: float, count: int) -> tuple[str, str] | None:
    if value is None:
        return None
    share = (float(value) - low) / (high - low) if high > low else 0.5
    inner = 100 - 2 * MARGIN
    return _write(MARGIN + n / (count - 1) * inner), _write(100 - MARGIN - share * inner)


def _draw_bar(n: int, period: tuple[str, int, int], place: float, most: int) -> Bar:
    label, count, part = period
    height, part_height = (100 * each / most if most else 0.0 for each in (count, part))
    return Bar(
        label=label,
        value=count,
        part=part,
        x=_write((n + (1 - FILLED) / 2) * place),
        width=_write(FILLED * place),
        y=_write(100 - height),
        height=_write(height),
        part_y=_write(100 - part_height),
        part_height=_write(part_height),
    )


def _write(position: float) -> str:
    return f"{position:.2f}"
