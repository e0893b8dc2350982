"""Plots as SVG files: lines over a logarithmic axis of sizes, for light and dark themes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 760, 360
LEFT, RIGHT, TOP, BOTTOM = 76, 200, 34, 44
#: A colour per line on a light ground and on a dark one; each is told apart by its mark, too.
COLOURS = (
    ("#7d5300", "#f2bd52"),
    ("#1f5f99", "#7fb8ea"),
    ("#0f6536", "#6fce96"),
    ("#8a2e5d", "#ee9cc4"),
    ("#4d4a9e", "#b0adf5"),
    ("#575e67", "#c3cbd3"),
)
#: How many lines one plot can show so that they are told apart.
MOST_LINES = len(COLOURS)

Points = Sequence[tuple[float, float]]


def draw(title: str, lines: Mapping[str, Points], *, unit: str) -> str:
    """Return the SVG of lines of (size, value), both axes logarithmic.

    :raises ValueError: there is no point, or there are more lines than can be told apart.
    """
    if len(lines) > MOST_LINES or not any(lines.values()):
        raise ValueError(f"{len(lines)} lines cannot be drawn")
    sizes = [size for points in lines.values() for size, _ in points]
    values = [value for points in lines.values() for _, value in points]
    across = Axis(min(sizes), max(sizes), LEFT, WIDTH - RIGHT)
    up = Axis(min(values), max(values), HEIGHT - BOTTOM, TOP)
    said = "; ".join(f"{name}: {_say(points, unit)}" for name, points in lines.items())
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
            f'height="{HEIGHT}" role="img" aria-labelledby="title desc" '
            'font-family="system-ui, sans-serif" font-size="13">',
            f'  <title id="title">{escape(title)}</title>',
            f'  <desc id="desc">{escape(said)}</desc>',
            _draw_style(),
            f'  <rect class="ground" width="{WIDTH}" height="{HEIGHT}"/>',
            f'  <text x="{LEFT}" y="20" font-weight="700">{escape(title)}, {escape(unit)}</text>',
            *_draw_grid(across, up),
            *(_draw_line(number, points, across, up) for number, points in enumerate(lines.values())),
            *_draw_names(lines, up),
            "</svg>",
            "",
        ]
    )


class Axis:
    """Where a value is on a logarithmic axis from its lowest to its highest."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        self.low = 10 ** math.floor(math.log10(low))
        self.high = 10 ** math.ceil(math.log10(high))
        if self.low == self.high:
            self.high *= 10
        self.start, self.end = start, end

    def place(self, value: float) -> float:
        """Return the place of a value in pixels."""
        share = math.log10(value / self.low) / math.log10(self.high / self.low)
        return round(self.start + share * (self.end - self.start), 1)

    @property
    def ticks(self) -> list[float]:
        """Return the powers of ten."""
        return [10.0**power for power in range(round(math.log10(self.low)), round(math.log10(self.high)) + 1)]


def shorten(number: float) -> str:
    """Return a number in few characters: 0.01, 20, 5 k, 50 M."""
    for scale, suffix in ((1e6, " M"), (1e3, " k")):
        if number >= scale:
            return f"{number / scale:g}{suffix}"
    return f"{number:.3g}"


def _say(points: Points, unit: str) -> str:
    return ", ".join(f"{shorten(value)} {unit} at {shorten(size)} matches" for size, value in points)


def _draw_style() -> str:
    light = " ".join(f".l{n} {{ stroke: {c[0]} }} .m{n} {{ fill: {c[0]} }}" for n, c in enumerate(COLOURS))
    dark = " ".join(f".l{n} {{ stroke: {c[1]} }} .m{n} {{ fill: {c[1]} }}" for n, c in enumerate(COLOURS))
    return (
        "  <style>\n"
        "    .ground { fill: #ffffff } text { fill: #16191d } .soft { fill: #575e67 } "
        ".grid { stroke: #dcdad3 }\n"
        f"    .line {{ fill: none; stroke-width: 2 }} {light}\n"
        "    @media (prefers-color-scheme: dark) {\n"
        "      .ground { fill: #14181d } text { fill: #eceef1 } .soft { fill: #9ea8b3 } "
        ".grid { stroke: #333c46 }\n"
        f"      {dark}\n"
        "    }\n"
        "  </style>"
    )


def _draw_grid(across: Axis, up: Axis) -> list[str]:
    drawn = []
    for tick in up.ticks:
        y = up.place(tick)
        drawn.append(f'  <line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>')
        drawn.append(
            f'  <text class="soft" x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{shorten(tick)}</text>'
        )
    for tick in across.ticks:
        x = across.place(tick)
        drawn.append(f'  <line class="grid" x1="{x}" x2="{x}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
        drawn.append(_draw_soft(x, HEIGHT - BOTTOM + 18, "middle", shorten(tick)))
    middle = (LEFT + WIDTH - RIGHT) / 2
    return [*drawn, _draw_soft(middle, HEIGHT - 8, "middle", "matches")]


def _draw_soft(x: float, y: float, anchor: str, text: str) -> str:
    return f'  <text class="soft" x="{x}" y="{y}" text-anchor="{anchor}">{text}</text>'


def _draw_line(number: int, points: Points, across: Axis, up: Axis) -> str:
    places = [(across.place(size), up.place(value)) for size, value in points]
    path = " ".join(f"{x},{y}" for x, y in places)
    marks = "".join(_draw_mark(number, x, y) for x, y in places)
    return f'  <polyline class="line l{number}" points="{path}"/>{marks}'


def _draw_mark(number: int, x: float, y: float) -> str:
    """Return a circle, a square or a triangle, so that colour alone tells nothing."""
    if number % 3 == 0:
        return f'<circle class="m{number}" cx="{x}" cy="{y}" r="4"/>'
    if number % 3 == 1:
        return f'<rect class="m{number}" x="{x - 4}" y="{y - 4}" width="8" height="8"/>'
    return f'<path class="m{number}" d="M{x} {y - 5}L{x + 5} {y + 4}H{x - 5}Z"/>'


def _draw_names(lines: Mapping[str, Points], up: Axis) -> list[str]:
    """Return the names at the right, at the height of each line's end, or below another's name."""
    places = [up.place(points[-1][1]) for points in lines.values()]
    ends = sorted(zip(places, range(len(lines)), lines, strict=True))
    drawn, below = [], 0.0
    for y, number, name in ends:
        below = max(y, below + 18)
        x = WIDTH - RIGHT + 16
        drawn.append(f"  {_draw_mark(number, x, below)}")
        drawn.append(f'  <text x="{x + 10}" y="{below + 4}">{escape(name)}</text>')
    return drawn
