"""The geometry of a chart of a number over time: where its lines, marks and labels are drawn.

Positions are percentages of the drawing, as texts, so that a template draws it in any size. Periods are as
far apart as their places in the list, for they follow on without gaps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from math import ceil, floor, log10
from typing import Protocol

from django.utils.translation import gettext as _

from deltacrown.core.numerals import write_exactly, write_whole, write_with_unit

Value = int | Decimal | None

#: How many labels the axis of periods has at most, and about how many that of values.
MOST_PERIOD_TICKS, VALUE_STEPS = 5, 4
#: How many characters of what a period is called stand on its axis.
LONGEST_LABEL = 12
#: Steps between labelled values: these, and ten, a hundred … times these.
STEPS = (1, 2, 5, 10)


class Point(Protocol):
    """What is drawn of one period."""

    @property
    def label(self) -> str:
        """Return what the period is called."""

    @property
    def value(self) -> Value:
        """Return the number at the end of the period."""

    @property
    def rolling(self) -> Value:
        """Return the number over the last matches or days at its end."""

    @property
    def is_empty(self) -> bool:
        """Return whether nothing happened in it."""


@dataclass(frozen=True)
class Scale:
    """The axis of values, from ``low`` to ``high``.

    :param is_falling: whether ``low`` is at the top, because the smallest value is the best.
    """

    low: int
    high: int
    step: int
    is_falling: bool = False

    def place(self, value: int | Decimal) -> float:
        """Return how far below the top a value is drawn, in percent."""
        share = (float(value) - self.low) / (self.high - self.low) * 100
        return share if self.is_falling else 100 - share

    def list_values(self) -> list[int]:
        """Return the labelled values, the lowest first."""
        return list(range(self.low, self.high + 1, self.step))


@dataclass(frozen=True)
class Tick:
    """A labelled position on an axis.

    :param side: which end of its text is at the position of a period: ``start``, ``middle`` or ``end``.
    :param is_minor: whether a narrow screen leaves it out.
    """

    position: str
    label: str
    side: str = "middle"
    is_minor: bool = False


@dataclass(frozen=True)
class Mark:
    """A dot, where something happened; ``title`` says the period and its value."""

    x: str
    y: str
    title: str = ""


@dataclass(frozen=True)
class RulingMark:
    """A mark on a period of which rulings moved the number; ``title`` tells them, one a line."""

    x: str
    y: str
    title: str


@dataclass(frozen=True)
class Line:
    """One number over time.

    :param pieces: the points of a polyline each; there is a gap where there is no value.
    :param marks: the periods in which something happened, and values that have no neighbour.
    """

    pieces: list[str]
    marks: list[Mark]


@dataclass(frozen=True)
class Last:
    """The last value, which is labelled; ``side`` is as that of a tick, ``title`` as that of a dot."""

    x: str
    y: str
    value: int | Decimal
    side: str
    title: str = ""


@dataclass(frozen=True)
class Chart:
    """A drawing of a number over time.

    :param summary: what it shows, in words.
    :param line: the number that is asked for.
    :param beside: the running number, where ``line`` is the one over the last matches or days.
    :param last: the last value of ``line``; ``None`` where it has none.
    :param rulings: the periods of which rulings moved the number.
    """

    summary: str
    scale: Scale
    line: Line
    beside: Line | None
    values: list[Tick]
    periods: list[Tick]
    last: Last | None
    rulings: list[RulingMark]


def draw_chart(
    points: Sequence[Point],
    *,
    labels: Sequence[str] | None = None,
    unit: str = "",
    lowest_first: bool = False,
    is_rolling: bool = False,
    rulings: Sequence[Sequence[str]] = (),
) -> Chart | None:
    """Return the drawing of a number over time, or ``None`` when there is no value to draw.

    :param labels: what the periods are called on their axis, where that is not what they are called.
    :param unit: ``"%"`` of a rate, which is drawn between 0 and 100.
    :param lowest_first: whether the smallest value is the best; then it is drawn at the top.
    :param is_rolling: whether to draw the number over the last matches or days, beside the running one.
    :param rulings: for each period, the rulings that moved the number there; none are marked when left out.
    """
    running = [point.value for point in points]
    drawn = [point.rolling for point in points] if is_rolling else running
    known = [value for value in [*drawn, *running] if value is not None]
    if not known:
        return None

    scale = choose_scale(known, unit=unit, lowest_first=lowest_first)
    happened = [not point.is_empty for point in points]
    titles = [_title(point.label, value, unit) for point, value in zip(points, drawn, strict=True)]
    return Chart(
        summary=_sum_up(points, drawn, unit),
        scale=scale,
        line=_draw_line(drawn, happened, scale, titles),
        beside=_draw_line(running, [False] * len(points), scale, titles) if is_rolling else None,
        values=[Tick(_write(scale.place(value)), write_whole(value)) for value in scale.list_values()],
        periods=_label_periods(labels or [point.label for point in points]),
        last=_find_last(drawn, scale, titles),
        rulings=_mark_rulings(drawn, rulings, scale),
    )


def choose_scale(values: Sequence[int | Decimal], *, unit: str, lowest_first: bool) -> Scale:
    """Return the axis for some values: rates from 0 to 100, counts from 0, placements from 1 downwards."""
    if unit == "%":
        return Scale(0, 100, 25)

    low = 1 if lowest_first else min(0, floor(min(values)))
    high = max(ceil(max(values)), low + 1)
    step = _choose_step(high - low)
    if lowest_first:
        return Scale(low, low + ceil((high - low) / step) * step, step, is_falling=True)

    return Scale(floor(low / step) * step, ceil(high / step) * step, step)


def _choose_step(size: int) -> int:
    """Return the least round step that covers ``size`` in about ``VALUE_STEPS`` of it."""
    least = size / VALUE_STEPS
    if least <= 1:
        return 1

    power = int(10 ** floor(log10(least)))
    return next(step * power for step in STEPS if step * power >= least)


def _title(label: str, value: Value, unit: str) -> str:
    if value is None:
        return ""
    return _("%(period)s: %(value)s") % {
        "period": label,
        "value": write_with_unit(write_exactly(value), unit),
    }


def _draw_line(
    values: Sequence[Value], happened: Sequence[bool], scale: Scale, titles: Sequence[str]
) -> Line:
    placed = [
        None if value is None else (_across(n, len(values)), scale.place(value))
        for n, value in enumerate(values)
    ]
    runs = [list(run) for is_known, run in groupby(placed, key=lambda each: each is not None) if is_known]
    lone = {run[0] for run in runs if len(run) == 1}

    marks = [
        Mark(_write(each[0]), _write(each[1]), title)
        for each, has_rows, title in zip(placed, happened, titles, strict=True)
        if each is not None and (has_rows or each in lone)
    ]
    pieces = [" ".join(f"{_write(x)},{_write(y)}" for x, y in filter(None, run)) for run in runs]
    return Line([piece for piece in pieces if " " in piece], marks)


def _mark_rulings(
    values: Sequence[Value], rulings: Sequence[Sequence[str]], scale: Scale
) -> list[RulingMark]:
    """Return a mark on the line for each period with rulings; at the foot where the line has a gap."""
    return [
        RulingMark(
            _write(_across(n, len(values))),
            _write(100 if values[n] is None else scale.place(values[n] or 0)),
            "\n".join(told),
        )
        for n, told in enumerate(rulings)
        if told
    ]


def _sum_up(points: Sequence[Point], drawn: Sequence[Value], unit: str) -> str:
    """Return what a line shows: where it begins and ends, and its least and greatest value."""
    known = [(value, point.label) for value, point in zip(drawn, points, strict=True) if value is not None]
    if not known:
        return ""

    (first, begins), (last, ends) = known[0], known[-1]
    values = [value for value, _label in known]
    told = {"first": first, "last": last, "least": min(values), "greatest": max(values)}
    written = {name: write_with_unit(write_exactly(value), unit) for name, value in told.items()}
    sentence = _("From %(first)s (%(begins)s) to %(last)s (%(ends)s), between %(least)s and %(greatest)s.")
    return sentence % {**written, "begins": begins, "ends": ends}


def _label_periods(labels: Sequence[str]) -> list[Tick]:
    """Return the ticks of the first period, the last, and some between that are evenly apart."""
    last = len(labels) - 1
    count = min(MOST_PERIOD_TICKS, len(labels))
    chosen = [round(n * last / max(count - 1, 1)) for n in range(count)]
    return [
        Tick(
            _write(_across(n, len(labels))),
            _shorten(labels[n]),
            side=_choose_side(n, last),
            is_minor=0 < place < count - 1,
        )
        for place, n in enumerate(chosen)
    ]


def _shorten(label: str) -> str:
    """Return a label that leaves room for the others: names of seasons may be long."""
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1].rstrip()}…"


def _choose_side(n: int, last: int) -> str:
    if last == 0:
        return "middle"
    return "start" if n == 0 else "end" if n == last else "middle"


def _find_last(values: Sequence[Value], scale: Scale, titles: Sequence[str]) -> Last | None:
    value = values[-1]
    if value is None:
        return None

    n = len(values) - 1
    x, y = _write(_across(n, len(values))), _write(scale.place(value))
    return Last(x, y, value, _choose_side(n, n), titles[n])


def _across(n: int, count: int) -> float:
    """Return how far right the period at ``n`` is drawn, in percent; a single one is in the middle."""
    return n / (count - 1) * 100 if count > 1 else 50.0


def _write(position: float) -> str:
    return f"{position:.2f}"
