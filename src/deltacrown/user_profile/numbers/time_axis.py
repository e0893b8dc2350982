"""The periods of a number over time: days, ISO weeks, months and seasons, all of whole days in UTC."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from django.utils.translation import gettext, gettext_noop

from deltacrown.core.dates import write_day, write_iso_day
from deltacrown.core.days import start_of_day, to_utc
from deltacrown.core.errors import InvalidInput
from deltacrown.core.numerals import write_whole
from deltacrown.games.models import Season
from deltacrown.user_profile.histories.filters import read_datetime
from django_tally.periods import TICK, Period

#: The most periods of one series.
MOST_PERIODS = 10_000
DECEMBER, LAST_YEAR = 12, datetime.max.year
_LAST = datetime.max.replace(tzinfo=UTC)


class By(StrEnum):
    """How long the periods of a series are."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    SEASON = "season"

    @classmethod
    def read(cls, value: str) -> By:
        """Return the length called ``value``.

        :raises InvalidInput: when there is none.
        """
        try:
            return cls(value)
        except ValueError as error:
            names = ", ".join(cls)
            raise InvalidInput(
                gettext("There is no series by %(value)s: use %(names)s.")
                % {"value": repr(value), "names": names},
                field="by",
            ) from error


#: Length → what is said of more periods than a series has.
_TOO_MANY = {
    By.DAY: gettext_noop(
        "These are %(count)s days, and a series has %(most)s at most: give a later start, or ask for "
        "longer periods."
    ),
    By.WEEK: gettext_noop(
        "These are %(count)s weeks, and a series has %(most)s at most: give a later start, or ask for "
        "longer periods."
    ),
    By.MONTH: gettext_noop(
        "These are %(count)s months, and a series has %(most)s at most: give a later start, or ask for "
        "longer periods."
    ),
    By.SEASON: gettext_noop(
        "These are %(count)s seasons, and a series has %(most)s at most: give a later start, or ask for "
        "longer periods."
    ),
}


@dataclass(frozen=True)
class Step:
    """One period of a series.

    :param ends_at: the midnight after its last day; of the last day of the calendar, its last microsecond.
    :param reaches_present: whether the number at its end is the number as it is: of all facts, those dated in
        the future included.
    :param is_open: whether it has no end itself, so that these facts are of it.
    """

    name: str
    label: str
    starts_at: datetime
    ends_at: datetime
    reaches_present: bool = False
    is_open: bool = False

    @property
    def within(self) -> Period:
        """Return the period alone."""
        return Period(self.starts_at, None if self.is_open else self._until)

    @property
    def whole(self) -> Period:
        """Return all the time up to its end."""
        return Period(None, self.until)

    @property
    def until(self) -> datetime | None:
        """Return the time before which a fact counts at its end; ``None`` for any time."""
        return None if self.reaches_present else self._until

    @property
    def _until(self) -> datetime | None:
        return None if self.ends_at == _LAST else self.ends_at

    def count_back(self, days: int, *, now: datetime) -> Period:
        """Return the last ``days`` days of it and before; those up to today where it reaches the present."""
        last_day = start_of_day(now if self.reaches_present else self.ends_at - TICK)
        try:
            return Period(last_day - timedelta(days=days - 1), self.until)
        except OverflowError:
            return self.whole


def read_bound(value: date | datetime | str | None, field: str) -> datetime | None:
    """Return the time that an end of the range names: of a date, the start of the day, in UTC.

    :raises InvalidInput: when it is no date, or a datetime without a time zone.
    """
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time(), UTC)
    return read_datetime(value or None, field)


def build_steps(by: By, first: datetime, last: datetime, *, is_open: bool) -> list[Step]:
    """Return the days, weeks or months from that of ``first`` to that of ``last``.

    :param is_open: whether the last has no end.
    :raises InvalidInput: when there are more than ``MOST_PERIODS``.
    """
    axis = _AXES[by]
    start, end = axis.floor(to_utc(first).date()), axis.floor(to_utc(last).date())
    _check_length(by, axis.count(start, end) + 1)

    return [
        Step(
            axis.name(day),
            axis.label(day),
            _midnight(day),
            _midnight(axis.step(day)),
            reaches_present=is_open and day == end,
            is_open=is_open and day == end,
        )
        for day in _walk(axis, start, end)
    ]


def build_season_steps(seasons: Iterable[Season], *, now: datetime, is_open: bool) -> list[Step]:
    """Return a period for each of ``seasons``, in the order in which they end.

    :param is_open: whether one that is running at ``now`` reaches the present.
    :raises InvalidInput: when there are more than ``MOST_PERIODS``.
    """
    steps = [
        Step(
            season.slug,
            season.name,
            season.since,
            season.until,
            reaches_present=is_open and season.since <= now < season.until,
        )
        for season in seasons
    ]
    _check_length(By.SEASON, len(steps))
    return sorted(steps, key=lambda step: (step.ends_at, step.starts_at, step.name))


def _check_length(by: By, count: int) -> None:
    if count > MOST_PERIODS:
        told = {"count": write_whole(count), "most": write_whole(MOST_PERIODS)}
        raise InvalidInput(gettext(_TOO_MANY[by]) % told, field="start")


def _midnight(day: date | None) -> datetime:
    return datetime.combine(day, time(), UTC) if day else _LAST


@dataclass(frozen=True)
class _Axis:
    """How the calendar is cut into periods of one length.

    :param floor: the first day of the period of a day.
    :param step: the first day of the next; ``None`` past the end of the calendar.
    :param count: how many periods the second is after the first.
    """

    floor: Callable[[date], date]
    step: Callable[[date], date | None]
    count: Callable[[date, date], int]
    name: Callable[[date], str]
    label: Callable[[date], str]


def _walk(axis: _Axis, start: date, end: date) -> Iterator[date]:
    day: date | None = start
    while day is not None and day <= end:
        yield day
        day = axis.step(day)


def _add(day: date, days: int) -> date | None:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return None


def _next_month(day: date) -> date | None:
    if day.month < DECEMBER:
        return day.replace(month=day.month + 1)
    return date(day.year + 1, 1, 1) if day.year < LAST_YEAR else None


def _name_week(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year:04}-W{week:02}"


def _label_week(day: date) -> str:
    year, week, _ = day.isocalendar()
    return gettext("Week %(week)s of %(year)s") % {"week": week, "year": year}


_AXES = {
    By.DAY: _Axis(
        floor=lambda day: day,
        step=lambda day: _add(day, 1),
        count=lambda first, last: (last - first).days,
        name=lambda day: write_iso_day(_midnight(day)),
        label=lambda day: write_day(_midnight(day)),
    ),
    # The first day of the calendar is a Monday, so no week begins before it.
    By.WEEK: _Axis(
        floor=lambda day: day - timedelta(days=day.weekday()),
        step=lambda day: _add(day, 7),
        count=lambda first, last: (last - first).days // 7,
        name=_name_week,
        label=_label_week,
    ),
    By.MONTH: _Axis(
        floor=lambda day: day.replace(day=1),
        step=_next_month,
        count=lambda first, last: (last.year - first.year) * 12 + last.month - first.month,
        name=lambda day: write_iso_day(_midnight(day))[:-3],
        label=lambda day: write_day(_midnight(day)).partition(" ")[2],
    ),
}
