"""Write down, at a repair, what was changed while no trigger watched, so that history adds up to the number.

A row that has revisions is compared with the latest of them, and a row in no recording was never seen. Of any
other row nothing tells what it was before: what a repair changes beyond these it tells itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from django_tally.batches import in_batches
from django_tally.commits import is_recorded_sql
from django_tally.database_clock import read_database_clock
from django_tally.feeds import Model, column_of, get_stat_keys
from django_tally.fields import Stat
from django_tally.history import read_first_change
from django_tally.keeping.postgresql import PostgresqlDialect
from django_tally.keeping.revisions import Dialect, Images, record_change_sql, revise_sql
from django_tally.keeping.sqlite import SqliteDialect
from django_tally.models import Installation, Repair, Revision, Run
from django_tally.schema import quote
from django_tally.sources import Source, find_twin, list_sources
from django_tally.sql import literal
from django_tally.stat_sql import REVISIONS, StatOf

#: Rows compared in one statement.
BATCH = 2_000


def describe_cause(run: Run) -> str:
    """Return what history says of a change that ``run`` found."""
    found = f"repaired: difference found by run {run.pk} on {run.started_at:%Y-%m-%d %H:%M}"
    if not run.faults:
        return f"{found}; cause unknown, or triggers were off"
    more = f" and {len(run.faults) - 1} more" if len(run.faults) > 1 else ""
    return f"{found}; {run.faults[0]}{more}"[:500]


def revise_untracked(run: Run, owners: Collection[int]) -> None:
    """Write a revision for each row of ``owners`` that is not as history tells it.

    The caller has locked what these rows add up to.
    """
    for source in _list_histories():
        for batch in in_batches(sorted(owners), 500):
            rows = _list_untracked(source, batch)
            for keys in in_batches(rows, BATCH):
                _revise(source, keys, batch, run)


def _list_histories() -> Iterator[Source]:
    """Yield one source per history: the live table rather than its archive."""
    sources = list_sources()
    for source in sources:
        if source.model._meta.label == source.label or find_twin(source) is None:
            yield source


def _list_untracked(source: Source, owners: Sequence[int]) -> list[int]:
    """Return the keys of rows that may not be as history tells: those revised, and those never recorded."""
    listed, label = ", ".join(str(int(owner)) for owner in owners), literal(source.label, connection)
    revised = f"SELECT row FROM {REVISIONS} WHERE source = {label} AND owner IN ({listed})"
    parts = [revised]
    for table in filter(None, (source, find_twin(source))):
        key = quote(table.key)
        mine = " OR ".join(f"t.{quote(column)} IN ({listed})" for column in table.owner_columns)
        parts.append(
            f"SELECT t.{key} FROM {quote(table.table)} t "
            f"WHERE ({mine}) AND NOT {is_recorded_sql('t', key, source.label, connection)}"
        )
    with connection.cursor() as cursor:
        cursor.execute(f"{' UNION '.join(parts)} ORDER BY 1")
        return [int(row[0]) for row in cursor.fetchall()]


def _revise(source: Source, keys: Sequence[int], owners: Sequence[int], run: Run) -> None:
    listed, key = ", ".join(str(row) for row in keys), quote(source.key)
    images = Images(
        f"SELECT {key} AS pk FROM ({_now_sql(source, listed)}) a UNION SELECT row FROM {REVISIONS} "
        f"WHERE row IN ({listed}) AND source = {literal(source.label, connection)}",
        _told_sql(source, listed),
        _now_sql(source, listed),
    )
    dialect = _make_dialect(run)
    ours = f"c.owner IN ({', '.join(str(int(owner)) for owner in owners)})"
    with connection.cursor() as cursor:
        cursor.execute(revise_sql(source, images, dialect, connection, only=ours, run=run.pk))
        if cursor.rowcount:
            cursor.execute(record_change_sql(source, dialect, connection))


def _make_dialect(run: Run) -> Dialect:
    dialect: Dialect = PostgresqlDialect() if connection.vendor == "postgresql" else SqliteDialect()
    dialect.actor, dialect.reason = "''", literal(describe_cause(run), connection)
    return dialect


def _now_sql(source: Source, listed: str) -> str:
    """Return a SELECT of rows as they are, live or archived."""
    key, table = quote(source.key), quote(source.table)
    live = f"SELECT {_columns(source)} FROM {table} WHERE {key} IN ({listed})"
    twin = find_twin(source)
    if twin is None:
        return live
    return (
        f"{live} UNION ALL SELECT {_columns(source)} FROM {quote(twin.table)} WHERE {quote(twin.key)} "
        f"IN ({listed}) AND {quote(twin.key)} NOT IN (SELECT {key} FROM {table} WHERE {key} IN ({listed}))"
    )


def _told_sql(source: Source, listed: str) -> str:
    """Return a SELECT of rows as the latest revision of each tells them."""
    newest = (
        f"SELECT r.new FROM {REVISIONS} r WHERE r.new IS NOT NULL AND r.id IN (SELECT MAX(id) "
        f"FROM {REVISIONS} WHERE source = {literal(source.label, connection)} AND row IN ({listed}) "
        "GROUP BY row)"
    )
    if connection.vendor == "postgresql":
        return f"SELECT i.* FROM ({newest}) l, jsonb_populate_record(NULL::{quote(source.table)}, l.new) i"
    columns = ", ".join(
        f"json_extract(l.new, '$.{column}') AS {quote(column)}" for column in _list_columns(source)
    )
    return f"SELECT {columns} FROM ({newest}) l"


def _list_columns(source: Source) -> list[str]:
    return [column_of(source.model, field.name) for field in source.model._meta.concrete_fields]


def _columns(source: Source) -> str:
    return ", ".join(quote(column) for column in _list_columns(source))


@dataclass(frozen=True)
class _Known:
    """What holds for all repairs of one batch."""

    now: datetime
    revised: frozenset[int]
    last_right: datetime | None


def explain_repairs(run: Run, holder: Model, repairs: Sequence[Repair]) -> None:
    """Set on each repair what of it no source row accounts for, and since when it is told."""
    if not repairs:
        return
    owners = {repair.keys[get_stat_keys(holder)[0]] for repair in repairs}
    revised = Revision.objects.filter(run=run, owner__in=owners).values_list("owner", flat=True)
    known = _Known(read_database_clock(connection), frozenset(revised), _find_last_right(run))

    for repair in repairs:
        _explain(run, holder, repair, known)


def _explain(run: Run, holder: Model, repair: Repair, known: _Known) -> None:
    number = StatOf(holder, _get_stat(holder, repair.stat), repair.keys)
    repair.owner, repair.changed_at, repair.reason = number.owner, known.now, describe_cause(run)
    if repair.was is None:  # the row that shows the number was missing: nothing was shown
        return

    accounted = _sum_found(run, number) if number.owner in known.revised else 0
    repair.unexplained = repair.now - repair.was - accounted
    if repair.unexplained:
        repair.since = _find_since(number, known)


def _get_stat(holder: Model, name: str) -> Stat:
    field: Any = holder._meta.get_field(name)
    assert isinstance(field, Stat)  # noqa: S101 - a repair is of a stat
    return field


def _sum_found(run: Run, number: StatOf) -> int:
    """Return what the revisions that ``run`` wrote change the number by."""
    sums = [
        f"COALESCE((SELECT SUM({number.image_delta(model, 'new')} - {number.image_delta(model, 'old')}) "
        f"FROM {REVISIONS} r WHERE {number.revised(label)} AND r.run_id = {int(run.pk)}), 0)"
        for label, model in number.by_label.items()
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {' + '.join(sums)}")
        return int(cursor.fetchone()[0])


def _find_last_right(run: Run) -> datetime | None:
    """Return when an earlier run left every number right."""
    earlier = Run.objects.filter(scope="", pk__lt=run.pk, finished_at__isnull=False)
    right = earlier.filter(status=Run.Status.CLEAN) | earlier.filter(status=Run.Status.DRIFTED, dry_run=False)
    last = right.order_by("-pk").first()
    if last is None:
        return None
    return last.started_at if last.status == Run.Status.CLEAN else last.finished_at


def _find_since(number: StatOf, known: _Known) -> datetime:
    """Return the last time the number was right: of a run that found it so, else of its first change."""
    first = read_first_change(number)
    right = known.last_right or Installation.objects.values_list("installed_at", flat=True).first()
    times = [time for time in (first, right if known.last_right or first is None else None) if time]
    return min(max(times, default=known.now), known.now)
