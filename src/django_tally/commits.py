"""When a write was committed: what readers of other sessions could see of it before, they could not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet

from django_tally.models import Recording
from django_tally.schema import quote
from django_tally.sql import literal

RECORDINGS = quote(Recording._meta.db_table)

#: Transactions longer than this are told by their statements.
LONGEST_TRANSACTION = timedelta(days=1)

#: SQL: the number of the transaction at hand, 0 while it has written nothing.
OWN_TRANSACTION = "COALESCE(pg_current_xact_id_if_assigned()::text::bigint, 0)"


def list_written_before(at: datetime, label: str) -> QuerySet[Any]:
    """Return when statements wrote to the source ``label`` before ``at`` that were committed later.

    Readers of what changed since ``at`` could not see these rows before.
    """
    committed = Recording.objects.filter(source=label, committed_at__gte=at, written_at__lt=at)
    return committed.filter(written_at__gt=at - LONGEST_TRANSACTION).values("written_at")


class Cut:
    """The time ``at`` as a cut between what was committed by then and what was not."""

    def __init__(self, at: datetime, connection: BaseDatabaseWrapper) -> None:
        self._connection = connection
        self.at = self._write(at)
        floor = datetime.min.replace(tzinfo=at.tzinfo) + 2 * LONGEST_TRANSACTION
        self._earliest = self._write(max(at, floor) - LONGEST_TRANSACTION)

    def _write(self, at: datetime) -> str:
        return literal(self._connection.ops.adapt_datetimefield_value(at), self._connection)

    def is_after(self, column: str, label: str, *, row: str = "") -> str:
        """Return a condition: what was written to the source ``label`` at ``column`` was committed later.

        :param row: the key of the row that was recorded; left out for a change.
        """
        written = committed_sql(column, label, self._connection, row=row)
        return f"({column} > {self._earliest} AND ({column} > {self.at} OR {written} > {self.at}))"


def committed_sql(column: str, label: str, connection: BaseDatabaseWrapper, *, row: str = "") -> str:
    """Return, as SQL, when what was written to ``label`` at ``column`` was committed; NULL where unknown.

    To the transaction at hand its own writes are told by their statements: it is not committed yet.
    """
    conditions = [f"g.source = {literal(label, connection)}", f"g.written_at = {column}"]
    if row:
        conditions.append(f"{row} BETWEEN g.first_row AND g.last_row")
    if connection.vendor == "postgresql":
        conditions.append(f"g.transaction_id <> {OWN_TRANSACTION}")
    # MAX keeps SQLite from giving a converted value, and makes one value of several.
    return f"(SELECT MAX(g.committed_at) FROM {RECORDINGS} g WHERE {' AND '.join(conditions)})"


def is_recorded_sql(alias: str, key: str, label: str, connection: BaseDatabaseWrapper) -> str:
    """Return a condition: triggers saw the row ``alias`` recorded, with its key and its ``recorded_at``.

    :param key: the quoted column of the primary key.
    """
    return (
        f"EXISTS (SELECT 1 FROM {RECORDINGS} g WHERE g.source = {literal(label, connection)} "
        f"AND g.written_at = {alias}.recorded_at AND {alias}.{key} BETWEEN g.first_row AND g.last_row)"
    )
