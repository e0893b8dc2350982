"""When a write was committed: what readers of other sessions could see of it before, they could not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet

from django_tally.database_clock import in_utc
from django_tally.models import Recording
from django_tally.schema import quote
from django_tally.sql import literal

RECORDINGS = quote(Recording._meta.db_table)

#: Transactions longer than this are told by their statements.
LONGEST_TRANSACTION = timedelta(days=1)

#: Recordings that were committed later than this after they were written are marked: they are few.
SOON = timedelta(seconds=10)

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
        at = in_utc(at)
        since_start = at - datetime.min.replace(tzinfo=UTC)
        self.at = self._write(at)
        self._recent = self._write(at - min(SOON, since_start))
        self._earliest = self._write(at - min(LONGEST_TRANSACTION, since_start))

    def _write(self, at: datetime) -> str:
        return literal(self._connection.ops.adapt_datetimefield_value(at), self._connection)

    def is_after(self, column: str, label: str, *, row: str = "") -> str:
        """Return a condition: what was written to the source ``label`` at ``column`` was committed later.

        :param row: the key of the row that was recorded; left out for a change.
        """
        # Looked up in a list that is read once: it is short, however many rows are asked of.
        straddles = f"{column} IN ({self._list_straddling(label)})"
        if row:
            straddles += f" AND {committed_sql(column, label, self._connection, row=row)} > {self.at}"
        return f"({column} > {self._earliest} AND ({column} > {self.at} OR ({straddles})))"

    def _list_straddling(self, label: str) -> str:
        """Return a SELECT of the times at which statements wrote by then what was committed later."""
        straddling = (
            f"SELECT g.written_at FROM {RECORDINGS} g WHERE g.source = {literal(label, self._connection)} "
            f"AND g.committed_at > {self.at}"
        )
        if self._connection.vendor == "postgresql":
            straddling += f" AND g.transaction_id <> {OWN_TRANSACTION}"
        recent = f"{straddling} AND g.written_at > {self._recent} AND g.written_at <= {self.at}"
        late = (
            f"{straddling} AND g.is_late "
            f"AND g.written_at > {self._earliest} AND g.written_at <= {self._recent}"
        )
        return f"{recent} UNION ALL {late}"


def committed_sql(column: str, label: str, connection: BaseDatabaseWrapper, *, row: str = "") -> str:
    """Return, as SQL, when what was written to ``label`` at ``column`` was committed; NULL where unknown.

    To the transaction at hand its own writes are told by their statements: it is not committed yet.
    """
    return committed_to_sql(column, literal(label, connection), connection, row=row)


def committed_to_sql(column: str, source: str, connection: BaseDatabaseWrapper, *, row: str = "") -> str:
    """As ``committed_sql``, of a source whose label is SQL."""
    conditions = [f"g.source = {source}", f"g.written_at = {column}"]
    if row:
        conditions.append(f"{row} BETWEEN g.first_row AND g.last_row")
    if connection.vendor == "postgresql":
        conditions.append(f"g.transaction_id <> {OWN_TRANSACTION}")
    # MAX keeps SQLite from giving a converted value, and makes one value of several.
    return f"(SELECT MAX(g.committed_at) FROM {RECORDINGS} g WHERE {' AND '.join(conditions)})"


def recorded_sql(field: str, column: str, source: str, row: str) -> str:
    """Return, as SQL, what the recording of ``row`` at ``column`` says in ``field``; empty where none tells.

    Where statements of one time both span the row, the one that spans fewer says it.

    :param source: the label of the row's source, as SQL.
    """
    return (
        f"COALESCE((SELECT g.{field} FROM {RECORDINGS} g WHERE g.source = {source} "
        f"AND g.written_at = {column} AND {row} BETWEEN g.first_row AND g.last_row "
        f"ORDER BY g.last_row - g.first_row, g.id DESC LIMIT 1), '')"
    )


def is_recorded_sql(
    alias: str, key: str, label: str, connection: BaseDatabaseWrapper, *, ending: str = ""
) -> str:
    """Return a condition: triggers saw the row ``alias`` recorded, with its key and its ``recorded_at``.

    :param key: the quoted column of the primary key.
    :param ending: what the look-up ends with.
    """
    return (
        f"EXISTS (SELECT 1 FROM {RECORDINGS} g WHERE g.source = {literal(label, connection)} "
        f"AND g.written_at = {alias}.recorded_at AND {alias}.{key} BETWEEN g.first_row AND g.last_row"
        f"{ending})"
    )
