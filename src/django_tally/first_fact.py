"""When the earliest fact that a number counts happened, as known now or at an earlier time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from django_tally.commits import Cut
from django_tally.declarations import Contribution
from django_tally.feeds import Model, column_of
from django_tally.narrowing import Among, is_among
from django_tally.numbers import list_components
from django_tally.recounting import find_any
from django_tally.schema import quote, table_of
from django_tally.sources import history_label
from django_tally.sql import condition_sql
from django_tally.stat_sql import REVISIONS, StatOf


def find_first_fact(
    holder: Model,
    name: str,
    keys: Mapping[str, int],
    *,
    known_at: datetime | None = None,
    among: Among | None = None,
) -> datetime | None:
    """Return when the first of the facts that ``name`` counts happened; ``None`` where it counts nothing.

    One statement; the parameters are those of ``read_periods``. Repairs tell of no fact, so theirs are not
    found.
    """
    found = [
        first
        for source in _list_sources(holder, name, keys)
        for first in source.list_firsts(known_at, among or {})
    ]
    firsts = " UNION ALL ".join(f"SELECT ({first}) AS happened" for first in found)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT MIN(happened) FROM ({firsts}) f")
        (value,) = cursor.fetchone()
    return _read_time(value)


def _read_time(value: Any) -> datetime | None:
    if value is None:
        return None

    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    # SQLite writes no time zone, and means UTC.
    in_utc: datetime = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    return in_utc


def _list_sources(holder: Model, name: str, keys: Mapping[str, int]) -> Iterator[_Source]:
    stats = list_components(holder, name)
    found: dict[tuple[Model, str], list[Contribution]] = {}
    for contribution in (each for stat in stats for each in stat.contributions):
        found.setdefault((contribution.model, contribution.happened_at), []).append(contribution)

    for (model, happened_at), contributions in found.items():
        is_counted = condition_sql(model, find_any(contributions, keys), connection)
        yield _Source(StatOf(holder, stats[0], keys), model, happened_at, is_counted)


@dataclass(frozen=True)
class _Source:
    """The rows of one table that a number counts, dated by one column.

    :param is_counted: a condition over bare columns.
    """

    number: StatOf
    model: Model
    happened_at: str
    is_counted: str

    @property
    def _happened(self) -> str:
        return quote(column_of(self.model, self.happened_at))

    def list_firsts(self, known_at: datetime | None, among: Among) -> Iterator[str]:
        """Yield SELECTs of one time each, or of none."""
        conditions = [f"({self.is_counted})"]
        if self.model in among:
            conditions.append(is_among(self.model, among[self.model]))
        if known_at is not None:
            conditions += self._were_known(known_at)
            yield self._read_images(known_at)

        # In the order of an index, as far as the first that counts.
        where = " AND ".join(conditions)
        yield (
            f"SELECT t.{self._happened} FROM {table_of(self.model)} t WHERE {where} "
            f"ORDER BY t.{self._happened} LIMIT 1"
        )

    def _were_known(self, known_at: datetime) -> Iterator[str]:
        """Yield conditions: rows were recorded by then, and are as they were."""
        label, key = history_label(self.model), quote(str(self.model._meta.pk.column))
        cut = Cut(known_at, connection)
        yield f"NOT COALESCE({cut.is_after('t.recorded_at', label, row=f't.{key}')}, false)"
        yield (
            f"NOT EXISTS (SELECT 1 FROM {REVISIONS} r WHERE {self.number.revised(label)} "
            f"AND r.row = t.{key} AND {cut.is_after('r.changed_at', label)})"
        )

    def _read_images(self, known_at: datetime) -> str:
        """Return a SELECT of the first among rows changed since, as they were before the first change."""
        label, cut = history_label(self.model), Cut(known_at, connection)
        changed, recorded = (
            cut.is_after("r.changed_at", label),
            cut.is_after("r.recorded_at", label, row="r.row"),
        )
        since = (
            "SELECT r.old, ROW_NUMBER() OVER (PARTITION BY r.row ORDER BY r.changed_at, r.id) AS turn "
            f"FROM {REVISIONS} r WHERE {self.number.revised(label)} AND {changed} "
            f"AND NOT COALESCE({recorded}, false)"
        )
        if connection.vendor == "postgresql":
            record = f"jsonb_populate_record(NULL::{table_of(self.model)}, f.old)"
            rows = f"SELECT i.* FROM ({since}) f CROSS JOIN LATERAL {record} i WHERE f.turn = 1"
        else:
            columns = [column_of(self.model, field.name) for field in self.model._meta.concrete_fields]
            read = ", ".join(f"json_extract(f.old, '$.{c}') AS {quote(c)}" for c in columns)
            rows = f"SELECT {read} FROM ({since}) f WHERE f.turn = 1"
        return f"SELECT MIN({self._happened}) FROM ({rows}) i WHERE {self.is_counted}"
