"""The natural order of text: numbers in it compare as numbers, so ``x-2`` comes before ``x-10``.

The order follows from the text alone. It is the same in Python, on PostgreSQL and on SQLite, whatever the
collation of the database: every run of digits is padded, and the result compares by code point.
"""

from __future__ import annotations

import re
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, Func

#: Digits of a padded number: as many as the longest common id (128 bits) has. Longer ones compare as text.
DIGITS = 40
ZEROS = "0" * DIGITS

NUMBER = re.compile(r"[0-9]+")
PADDED = re.compile(rf"0*([0-9]{{{DIGITS},}})")

#: Digits of the number of a ``NumberedKey``, which has 32 bits.
PLACE_DIGITS = 10

#: Separates the parts of a sort key; it comes before every character that a key can have.
SEPARATOR = "\x01"
JOINED = f" || '{SEPARATOR}' || "

#: The name of the function on SQLite. Only queries use it: no trigger, no index, no generated column.
SQLITE_FUNCTION = "deltacrown_natural_key"


def get_natural_key(text: str) -> str:
    """Return text whose order by code point is the natural order of ``text``."""
    padded = NUMBER.sub(lambda number: ZEROS + number[0], text)

    return PADDED.sub(r"\1", padded)


def get_sort_key(*texts: str) -> str:
    """Return what a ``SortKey`` holds for the same texts."""
    first, *_ = texts

    return SEPARATOR.join([get_natural_key(first), *texts])


def get_numbered_key(number: int | None, *texts: str) -> str:
    """Return what a ``NumberedKey`` holds for the same number and texts."""
    place = 0 if number is None else number + 1

    return f"{place:0{PLACE_DIGITS}}{SEPARATOR}{get_sort_key(*texts)}"


class NaturalKey(Func):
    """The natural key of a text column, as ``get_natural_key`` returns it."""

    output_field = CharField()

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **extra: Any) -> Any:
        extra["template"] = write_natural_key("%(expressions)s", vendor=connection.vendor)
        return super().as_sql(compiler, connection, *args, **extra)


class SortKey(Func):
    """Orders rows by text columns that are never null, whatever the collation of the database.

    The first is compared in natural order. Rows that it does not tell apart are compared by the text of all.
    """

    template, arg_joiner, output_field = "(%(expressions)s)", JOINED, CharField()

    def __init__(self, *names: str) -> None:
        super().__init__(NaturalKey(names[0]), *names)


class Place(Func):
    """A whole number from 0 on, or null, which comes first, as text in that order."""

    output_field = CharField()

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **extra: Any) -> Any:
        extra["template"] = write_place("%(expressions)s", vendor=connection.vendor)
        return super().as_sql(compiler, connection, *args, **extra)


class NumberedKey(Func):
    """Orders rows by a number that may be null, which comes first; then as ``SortKey`` by text columns."""

    template, arg_joiner, output_field = "(%(expressions)s)", JOINED, CharField()

    def __init__(self, number: str, *names: str) -> None:
        super().__init__(Place(number), NaturalKey(names[0]), *names)


def write_numbered_key(number: str, *columns: str) -> str:
    """Return the SQL of a ``NumberedKey`` for columns of a query that is written by hand."""
    return JOINED.join([write_place(number, vendor=connection.vendor), write_sort_key(*columns)])


def write_place(column: str, *, vendor: str) -> str:
    """Return the SQL of a ``Place`` for a column."""
    if vendor != "postgresql":
        # No printf: its percent sign would have to be doubled in some queries and not in others.
        return f"substr('{'0' * PLACE_DIGITS}' || COALESCE({column} + 1, 0), -{PLACE_DIGITS})"

    return f"lpad(COALESCE({column}::bigint + 1, 0)::text, {PLACE_DIGITS}, '0')"


def write_sort_key(*columns: str) -> str:
    """Return the SQL of a ``SortKey`` for columns of a query that is written by hand."""
    return JOINED.join([write_natural_key(columns[0], vendor=connection.vendor), *columns])


def write_natural_key(column: str, *, vendor: str) -> str:
    """Return the SQL of the natural key of a column."""
    if vendor != "postgresql":
        return f"{SQLITE_FUNCTION}({column})"

    padded = f"regexp_replace({column}, '([0-9]+)', '{ZEROS}\\1', 'g')"
    return f"""(regexp_replace({padded}, '0*([0-9]{{{DIGITS},}})', '\\1', 'g') COLLATE "C")"""


def add_natural_key(connection: BaseDatabaseWrapper, **_signal: object) -> None:
    """Give a new SQLite connection the function that the order by natural key needs there."""
    if connection.vendor == "sqlite":
        connection.connection.create_function(SQLITE_FUNCTION, 1, get_natural_key, deterministic=True)
