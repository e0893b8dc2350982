"""The geometry of a roster over time: a bar for each stay, from its first day in UTC to its last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from deltacrown.core.dates import write_month
from deltacrown.pages.team_roster import RosterLine

#: How many lines are drawn across the bars at most.
MOST_TICKS = 5
#: Days between lines where the whole time is short, and months where it is not.
DAY_STEPS = (1, 2, 7, 14)
MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 6000, 12000)
#: As short as a bar is drawn, in percent of the width.
SHORTEST = 0.6
#: Between which places a label has its middle at its place, in percent.
FIRST_MIDDLE, LAST_MIDDLE = 10, 90


@dataclass(frozen=True)
class Bar:
    """Where a stay is drawn, in percent of the width; texts, so that no language writes a comma."""

    x: str
    width: str
    is_present: bool


@dataclass(frozen=True)
class Tick:
    """A day that is marked across the bars.

    :param side: which end of its label is at its place: ``start``, ``middle`` or ``end``.
    :param is_minor: whether a narrow screen leaves the label out.
    """

    x: str
    label: str
    side: str
    is_minor: bool


@dataclass(frozen=True)
class Row:
    """A member with their bars."""

    line: RosterLine
    bars: list[Bar]


@dataclass(frozen=True)
class RosterChart:
    """The members of a page over one time, from the first day of any of them to the last.

    :param last: the last day drawn; today where anybody is in the team.
    """

    rows: list[Row]
    ticks: list[Tick]
    first: date
    last: date
    is_until_now: bool


def draw_roster(lines: Sequence[RosterLine], now: datetime) -> RosterChart | None:
    """Return the chart of a page of a roster; None of nobody."""
    if not lines:
        return None
    stays = [stay for line in lines for stay in line.stays]
    first = min(_day_of(stay.joined_at) for stay in stays)
    last = max(first, *(_day_of(stay.left_at or now) for stay in stays))
    length = (last - first).days + 1

    def place(day: date) -> float:
        return 100 * (day - first).days / length

    def draw(line: RosterLine) -> Iterator[Bar]:
        for stay in line.stays:
            begin = place(_day_of(stay.joined_at))
            end = place(_day_of(stay.left_at or now)) + 100 / length
            width = min(max(end - begin, SHORTEST), 100)
            yield Bar(f"{min(begin, 100 - width):.3f}", f"{width:.3f}", stay.left_at is None)

    marked = _list_marked(first, last)
    ticks = [
        Tick(
            f"{place(day):.3f}",
            label,
            _choose_side(place(day)),
            number % 2 == 1,
        )
        for number, (day, label) in enumerate(zip(marked, _name_days(marked), strict=True))
    ]
    rows = [Row(line, list(draw(line))) for line in lines]
    return RosterChart(rows, ticks, first, last, any(line.is_present for line in lines))


def _day_of(value: datetime) -> date:
    return value.astimezone(UTC).date()


def _choose_side(place: float) -> str:
    if place < FIRST_MIDDLE:
        return "start"
    return "end" if place > LAST_MIDDLE else "middle"


def _name_days(days: Sequence[date]) -> list[str]:
    """Return what days are called: years, months with their years, or days of a short time without."""
    if all(day.day == day.month == 1 for day in days):
        return [str(day.year) for day in days]
    if all(day.day == 1 for day in days):
        return [f"{write_month(day)} {day.year}" for day in days]
    return [f"{day.day} {write_month(day)}" for day in days]


def _list_marked(first: date, last: date) -> list[date]:
    """Return the days after the first that are marked, as many as there is room for."""
    for days in DAY_STEPS:
        if (last - first).days // days <= MOST_TICKS:
            count = (last - first).days // days
            return [first + timedelta(days=days * number) for number in range(1, count + 1)]
    at_first = first.year * 12 + first.month - 1
    at_last = last.year * 12 + last.month - 1
    step = next((each for each in MONTH_STEPS if (at_last - at_first) // each <= MOST_TICKS), MONTH_STEPS[-1])
    months = range((at_first // step + 1) * step, at_last + 1, step)
    return [date(month // 12, month % 12 + 1, 1) for month in months]
