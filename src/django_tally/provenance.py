"""Who recorded a row, why, and when others could see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.apps import apps
from django.db import connection

from django_tally.commits import RECORDINGS, committed_sql
from django_tally.database_clock import read_datetime
from django_tally.sources import history_label
from django_tally.sql import literal


@dataclass(frozen=True)
class Provenance:
    """The recording of one row.

    :param known_at: when it was committed; where the database cannot say, when it was written.
    :param actor: who; empty when the write did not say.
    :param reason: why; empty when the write did not say.
    """

    known_at: datetime
    actor: str = ""
    reason: str = ""


def read_recordings(model_label: str, rows: Mapping[int, datetime]) -> dict[int, Provenance]:
    """Return how rows were recorded, by key: who recorded each, why, and when it was known. One statement.

    A row that no trigger saw recorded was known when it was written.

    :param model_label: the source, such as ``"games.Match"``: the live table or its archive.
    :param rows: key → ``recorded_at``.
    """
    if not rows:
        return {}

    label = history_label(apps.get_model(model_label))
    found = {row: Provenance(recorded_at) for row, recorded_at in rows.items()}
    with connection.cursor() as cursor:
        cursor.execute(_recordings_sql(label, rows))
        for row, committed_at, actor, reason in cursor.fetchall():
            known_at = read_datetime(committed_at) if committed_at else rows[row]
            found[row] = Provenance(known_at, actor, reason)
    return found


def _recordings_sql(label: str, rows: Mapping[int, datetime]) -> str:
    written = {
        row: literal(connection.ops.adapt_datetimefield_value(at), connection) for row, at in rows.items()
    }
    cast = "::timestamptz" if connection.vendor == "postgresql" else ""
    values = ", ".join(f"({int(row)}, {at}{cast})" for row, at in written.items())
    committed = committed_sql("a.at", label, connection, row="a.row")
    # Two statements of one time may both span a row: of those, the one that spans fewer comes last.
    return (
        f"WITH asked (row, at) AS (VALUES {values}) "
        f"SELECT a.row, {committed}, w.actor, w.reason FROM asked a JOIN {RECORDINGS} w "
        f"ON w.source = {literal(label, connection)} AND w.written_at = a.at "
        f"AND a.row BETWEEN w.first_row AND w.last_row ORDER BY w.last_row - w.first_row DESC, w.id"
    )
