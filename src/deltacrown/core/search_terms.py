"""Search terms: where a name and each of its words begin, so that an index finds what begins with a query.

A row of a table of terms is one beginning: of the name, of a word in it, of a former name, of a word in that.
Its text goes to the end of the name. Database triggers write the rows whenever a search key, a slug or a
former name changes, whoever changes it.

Text in the middle of a word is looked for in the same rows: on PostgreSQL by an index (``trigrams``), on
SQLite in every name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Q

LONGEST_TERM = 500


class TermField(models.CharField):  # type: ignore[type-arg]
    """Text in the order of code points, in which whatever begins with a text stands together."""

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        collation = "C" if connection.vendor == "postgresql" else None
        return {**super().db_parameters(connection), "collation": collation}


class SearchTerm(models.Model):
    """One beginning of a name. A subclass adds ``owner``, the row that is found."""

    class Place(models.IntegerChoices):
        """Where in the name a term begins; the lower, the better a match."""

        NAME = 0
        WORD = 1
        FORMER_NAME = 2
        FORMER_WORD = 3

    place = models.PositiveSmallIntegerField(choices=Place)
    term = TermField(max_length=LONGEST_TERM, help_text="From there to the end of the name, in ASCII.")
    former_name = models.CharField(
        max_length=200, default="", db_default="", help_text="As it was written; empty in the present name."
    )

    owner_id: int

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.term)


def list_constraints(prefix: str) -> list[models.BaseConstraint]:
    """Return the constraints of a table of terms."""
    first_former, last = SearchTerm.Place.FORMER_NAME, SearchTerm.Place.FORMER_WORD
    return [
        models.UniqueConstraint(fields=["owner", "place", "term", "former_name"], name=f"{prefix}_once"),
        models.CheckConstraint(
            condition=Q(former_name="", place__lt=first_former)
            | Q(~Q(former_name=""), place__gte=first_former, place__lte=last),
            name=f"{prefix}_place",
        ),
    ]


def list_indexes(prefix: str) -> list[models.Index]:
    """Return the indexes of a table of terms: whatever begins with a text, in order, by place."""
    return [models.Index(fields=["place", "term", "owner"], name=f"{prefix}_begin")]


@dataclass(frozen=True)
class TermSource:
    """A table with names, and the terms made of them.

    :param terms: the table of terms.
    :param named: the table with names.
    :param owner: the column with the owner of its terms.
    :param text: returns, for the name of a row in SQL and that of a line break, the lines that are split.
    :param columns: those that ``text`` and ``former_name`` read, and ``owner`` where it changes.
    :param former_name: the column with a former name; empty where the names are present ones.
    """

    terms: type[SearchTerm]
    named: type[models.Model]
    owner: str
    text: Callable[[str, str], str]
    columns: tuple[str, ...]
    former_name: str = ""


def _read_key(row: str, _break: str) -> str:
    return f"{row}.search_key"


def _read_key_and_slug(row: str, line_break: str) -> str:
    return f"{row}.search_key || {line_break} || {_spell_slug(f'{row}.slug', line_break)}"


def _read_former(row: str, line_break: str) -> str:
    """Return the text of a former name; a former slug has no search key."""
    slug = _spell_slug(f"{row}.key", line_break)
    return f"CASE WHEN {row}.search_key <> '' THEN {row}.search_key ELSE {slug} END"


def _spell_slug(column: str, line_break: str) -> str:
    return f"LOWER({column}) || {line_break} || REPLACE(LOWER({column}), '-', ' ')"


def list_sources(
    terms: type[SearchTerm],
    named: type[models.Model],
    former: type[models.Model],
    *,
    owner: str = "id",
    has_slug: bool = True,
) -> list[TermSource]:
    """Return the two sources of a table of terms: the present names, and the former ones.

    :param owner: the column of ``named`` with the key of who is found.
    :param has_slug: whether a slug finds it too.
    """
    columns = ("search_key", "slug") if has_slug else ("search_key",)
    text = _read_key_and_slug if has_slug else _read_key
    of_former = ("owner_id", "key", "name", "search_key")
    return [
        TermSource(terms, named, owner, text, columns),
        TermSource(terms, former, "owner_id", _read_former, of_former, former_name="name"),
    ]


def begins_with(text: str) -> tuple[Q, Q]:
    """Return the conditions that a term begins with ``text``: where such terms start and end in an index."""
    return Q(term__gte=text), Q(term__lt=text + chr(0x10FFFF))
