"""What a number comes to over periods, by when its facts happened, as known now or at an earlier time.

A period's value is that of the rows whose facts happened in it. One without a beginning gives the number as
of its end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection

from django_tally.database_clock import in_utc
from django_tally.feeds import Model
from django_tally.narrowing import Among
from django_tally.numbers import find_number, list_components, number_sql, read_number
from django_tally.period_sql import Bounds, write_reading

#: The smallest difference between two times.
TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Period:
    """The time from ``since`` up to but without ``until``; ``None`` leaves that end open.

    One that ends before it begins has nothing in it.
    """

    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class PeriodValue:
    """What a number comes to over one period.

    :param parts: name → what each counted stat that the number is made of comes to.
    """

    value: int | Decimal | None
    parts: Mapping[str, int]


def up_to(at: datetime) -> Period:
    """Return the period of all that happened by ``at``, a fact of that very time included."""
    try:
        return Period(until=in_utc(at) + TICK)
    except OverflowError:
        return Period()


def read_periods(
    holder: Model,
    name: str,
    periods: Sequence[Period],
    keys: Mapping[str, int],
    *,
    known_at: datetime | None = None,
    among: Among | None = None,
) -> list[PeriodValue]:
    """Return what the number ``name`` comes to over each of ``periods``, by when its facts happened.

    One statement, one snapshot. Periods may overlap and leave gaps.

    :param keys: a value for each of the holder's keys.
    :param known_at: as this database knew it then, by commits; as known now when left out.
    :param among: the rows to count of each source model named; of any other model all. History has no rows
        to narrow, so not together with ``known_at``.
    :raises UnknownStat: when ``holder`` declares no such number.
    :raises ValueError: for a datetime without a time zone.
    """
    if known_at is not None and among:
        raise ValueError("rows can be narrowed as they are now, not as they were known earlier")

    field, stats = find_number(holder, name), list_components(holder, name)
    asked = [_read_bounds(period) for period in periods]
    if not asked:
        return []

    sql = write_reading(holder, stats, keys, asked, number_sql(field), known_at=known_at, among=among or {})
    with connection.cursor() as cursor:
        cursor.execute(sql)
        rows = sorted(cursor.fetchall(), key=lambda row: int(row[0]))
    return [
        PeriodValue(
            read_number(field, value),
            {stat.name: int(part) for stat, part in zip(stats, parts, strict=True)},
        )
        for _, value, *parts in rows
    ]


def read_numbers(
    holder: Model,
    names: Sequence[str],
    period: Period,
    keys: Mapping[str, int],
    *,
    known_at: datetime | None = None,
) -> dict[str, int | Decimal | None]:
    """As ``read_periods``, for the numbers ``names`` over one period, by name, in one statement."""
    fields = [find_number(holder, name) for name in names]
    stats = list(dict.fromkeys(stat for name in names for stat in list_components(holder, name)))
    shown = ", ".join(number_sql(field) for field in fields)

    sql = write_reading(holder, stats, keys, [_read_bounds(period)], shown, known_at=known_at, among={})
    with connection.cursor() as cursor:
        cursor.execute(sql)
        _, *values = cursor.fetchone()
    # What follows the numbers are their parts.
    pairs = zip(fields, values[: len(fields)], strict=True)
    return {field.name: read_number(field, value) for field, value in pairs}


def _read_bounds(period: Period) -> Bounds:
    since, until = (None if end is None else in_utc(end) for end in (period.since, period.until))
    return since, until
