"""Days in UTC, in Python and in SQL."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import DateTimeField, Func
from django.db.models.sql.compiler import SQLCompiler

ONE_DAY = timedelta(days=1)


def to_utc(value: datetime) -> datetime:
    """Return a datetime in UTC; the first or the last of the calendar where that is outside of it."""
    try:
        return value.astimezone(UTC)
    except OverflowError:
        end = datetime.min if value.year == datetime.min.year else datetime.max
        return end.replace(tzinfo=UTC)


def add_days(value: datetime, days: float) -> datetime:
    """Return the datetime so many days later, or the last of the calendar."""
    try:
        return value + timedelta(days=days)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def start_of_day(value: datetime) -> datetime:
    """Return the midnight, in UTC, at which the day of ``value`` began."""
    return datetime.combine(value.astimezone(UTC).date(), time(), UTC)


def starts_a_day(value: datetime) -> bool:
    """Return whether ``value`` is a midnight in UTC."""
    return value == start_of_day(value)


def end_of_day(value: datetime) -> datetime:
    """Return the last microsecond, in UTC, of the day of ``value``."""
    return datetime.combine(to_utc(value).date(), time.max, UTC)


def ends_a_day(value: datetime) -> bool:
    """Return whether ``value`` is the last microsecond of a day in UTC.

    The midnight after it is not: whatever is known by its day alone is dated with the midnight of that day.
    """
    return value == end_of_day(value)


class Precision(StrEnum):
    """How much of a time a reader is told: all of it, or the midnight in UTC at which its day began."""

    EXACT = "exact"
    DAY = "day"

    @classmethod
    def of(cls, row: Any) -> Precision:
        """Return how much is told of the time of a row that ``privacy.tell_times`` gave."""
        return cls.of_time(row.told_at) if row.is_told_exactly else cls.DAY

    @classmethod
    def of_time(cls, value: datetime) -> Precision:
        """Return how much a time tells: a midnight only its day, which may be all that is known."""
        return cls.DAY if starts_a_day(value) else cls.EXACT


class StartOfDay(Func):
    """The midnight, in UTC, at which the day of a datetime began."""

    arity = 1
    output_field = DateTimeField()
    template = "DATE_TRUNC('day', %(expressions)s, 'UTC')"

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **more: Any) -> Any:
        """Return the text of a datetime, as SQLite keeps it, with another time."""
        template = "(SUBSTR(%(expressions)s, 1, 10) || ' 00:00:00')"
        return self.as_sql(compiler, connection, template=template, **more)


class CodePoints(Func):
    """A text that every database sorts alike: by its code points, in no language."""

    arity = 1
    template = '((%(expressions)s) COLLATE "C")'

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **more: Any) -> Any:
        """Return the text with the collation of that kind in SQLite."""
        return self.as_sql(compiler, connection, template="((%(expressions)s) COLLATE BINARY)", **more)
