"""Days in UTC, in Python and in SQL."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import DateTimeField, Func
from django.db.models.sql.compiler import SQLCompiler

ONE_DAY = timedelta(days=1)


def start_of_day(value: datetime) -> datetime:
    """Return the midnight, in UTC, at which the day of ``value`` began."""
    return datetime.combine(value.astimezone(UTC).date(), time(), UTC)


def ends_a_day(value: datetime) -> bool:
    """Return whether ``value`` is a midnight in UTC, or the last microsecond before one."""
    return value in {start_of_day(value), start_of_day(value) + ONE_DAY - timedelta(microseconds=1)}


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
