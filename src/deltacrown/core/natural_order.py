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
