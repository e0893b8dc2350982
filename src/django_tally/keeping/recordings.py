"""Take over the rows of a database that had no recordings yet."""

from __future__ import annotations

from django.db import connections

from django_tally.commits import RECORDINGS
from django_tally.database_clock import read_database_clock
from django_tally.models import Recording
from django_tally.schema import quote
from django_tally.sources import list_sources
from django_tally.sql import literal


def record_existing_rows(using: str) -> None:
    """Write recordings of the rows that are there, once; those that come later are recorded by the triggers.

    What is written while the triggers are away is not: a row in no recording is one that no trigger saw.
    """
    if Recording.objects.using(using).exists():
        return

    connection = connections[using]
    tables: dict[str, list[str]] = {}
    for source in list_sources():
        rows = f"SELECT recorded_at, {quote(source.key)} AS row FROM {quote(source.table)}"
        tables.setdefault(source.label, []).append(rows)
    with connection.cursor() as cursor:
        for label, parts in tables.items():
            cursor.execute(
                f"INSERT INTO {RECORDINGS} (source, written_at, transaction_id, first_row, last_row) "
                f"SELECT {literal(label, connection)}, recorded_at, 0, MIN(row), MAX(row) "
                f"FROM ({' UNION ALL '.join(parts)}) t GROUP BY recorded_at"
            )
    # Whatever comes next is not the first time.
    Recording.objects.using(using).create(source="", written_at=read_database_clock(connection))
