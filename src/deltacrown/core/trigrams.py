"""Trigrams: PostgreSQL's index for text in the middle of a name. It needs no extension.

A function of the site's own splits a term into all texts of three letters in it, and a GIN index, which every
PostgreSQL has, holds those of whole names. Every ``migrate`` makes both where they are missing. SQLite reads
the terms instead.
"""

from __future__ import annotations

from typing import Any

from django.db import connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, Func

from deltacrown.core.search_terms import SearchTerm
from deltacrown.core.term_triggers import list_term_tables
from django_tally.schema import have_tables, quote

#: Letters of the shortest text that is found in the middle of a name.
LETTERS = 3
FUNCTION = "deltacrown_trigrams"
#: A whole name holds every word of it, so the index is of these alone.
WHOLE = (SearchTerm.Place.NAME, SearchTerm.Place.FORMER_NAME)

_CREATE_FUNCTION = (
    f"CREATE OR REPLACE FUNCTION {FUNCTION}(named text) RETURNS text[] LANGUAGE sql "
    f"IMMUTABLE STRICT PARALLEL SAFE AS $$SELECT array_agg(substr(named, n, {LETTERS})) "
    f"FROM generate_series(1, length(named) - {LETTERS - 1}) AS n$$"
)


class HoldsTrigrams(Func):
    """Whether a term has every one of some trigrams, in whatever order; for PostgreSQL."""

    template, output_field = f"{FUNCTION}(%(expressions)s)::text[]", BooleanField()
    arg_joiner = ") @> ("


def cover(text: str) -> list[str]:
    """Return trigrams that have every letter of a text: every third, and the last.

    A name that has the text has these. The index looks for each of them beside the rarest, so that all of
    them would take twice as long and more, to leave out hardly a name that is not left out so.
    """
    last = len(text) - LETTERS
    return [text[place : place + LETTERS] for place in dict.fromkeys([*range(0, last + 1, LETTERS), last])]


def sync_trigram_indexes(*, using: str, **_: Any) -> None:
    """Create the indexes that are missing, and drop those of the extension that was used before.

    For ``post_migrate``. While an index is made, nobody can be renamed: some seconds with 200,000 names.
    """
    connection = connections[using]
    tables = list_term_tables()
    if connection.vendor != "postgresql" or not have_tables(tables, using=using):
        return
    missing = [table for table in tables if not _has_index(table, connection)]
    if not missing:
        return
    places = ", ".join(str(int(place)) for place in WHOLE)
    with transaction.atomic(using=using), connection.cursor() as cursor:
        cursor.execute(_CREATE_FUNCTION)
        for table in missing:
            cursor.execute(f"DROP INDEX IF EXISTS {quote(table._meta.db_table + '_trigrams')}")
            # What was written since the last vacuum would stand in a list that each search reads whole.
            cursor.execute(
                f"CREATE INDEX {quote(name_index(table))} ON {quote(table._meta.db_table)} "
                f"USING gin ({FUNCTION}(term)) WITH (fastupdate = off) WHERE place IN ({places})"
            )


def name_index(table: type[models.Model]) -> str:
    """Return the name of the index of trigrams of a table."""
    return f"{table._meta.db_table}_inside"


def _has_index(table: type[models.Model], connection: BaseDatabaseWrapper) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [quote(name_index(table))])
        return bool(cursor.fetchone()[0])
