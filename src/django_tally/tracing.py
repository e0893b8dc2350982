"""Write down, at a repair, what was changed while no trigger watched, so that history adds up to the number.

A row that has revisions is compared with the latest of them, and a row in no recording was never seen. Of any
other row nothing tells what it was before: what a repair changes beyond these it tells itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from functools import cached_property

from django.db import connection

from django_tally.batches import in_batches
from django_tally.commits import is_recorded_sql
from django_tally.database_clock import read_database_clock
from django_tally.feeds import Model, column_of, get_stat_keys
from django_tally.keeping.postgresql import PostgresqlDialect
from django_tally.keeping.revisions import Dialect, Images, record_change_sql, revise_sql
from django_tally.keeping.sqlite import SqliteDialect
from django_tally.models import Installation, Repair, Revision, Run
from django_tally.repair_facts import OWNERS, read_first_changes, read_found_changes
from django_tally.schema import quote
from django_tally.sources import Source, find_twin, list_sources
from django_tally.sql import literal
from django_tally.stat_sql import REVISIONS

#: Rows compared in one statement.
BATCH = 2_000


def describe_cause(run: Run) -> str:
    """Return what history says of a change that ``run`` found."""
    found = f"repaired: difference found by run {run.pk} on {run.started_at:%Y-%m-%d %H:%M}"
    if not run.faults:
        return f"{found}; cause unknown, or triggers were off"
    more = f" and {len(run.faults) - 1} more" if len(run.faults) > 1 else ""
    return f"{found}; {run.faults[0]}{more}"[:500]


def _list_histories() -> Iterator[Source]:
    """Yield one source per history: the live table rather than its archive."""
    sources = list_sources()
    for source in sources:
        if source.model._meta.label == source.label or find_twin(source) is None:
            yield source


def _write_untracked(sources: Sequence[Source]) -> str:
    """Return the SELECT of rows of ``OWNERS`` that may not be as history tells: place of the source, and key.

    Those are the ones revised, and the ones never recorded. One statement, since most often it finds none.
    """
    parts = []
    for place, source in enumerate(sources):
        label = literal(source.label, connection)
        parts.append(
            f"SELECT {place} AS place, row FROM {REVISIONS} WHERE source = {label} AND owner IN ({OWNERS})"
        )
        for table in filter(None, (source, find_twin(source))):
            key = quote(table.key)
            mine = " OR ".join(f"t.{quote(column)} IN ({OWNERS})" for column in table.owner_columns)
            parts.append(
                f"SELECT {place}, t.{key} FROM {quote(table.table)} t "
                f"WHERE ({mine}) AND NOT {is_recorded_sql('t', key, source.label, connection)}"
            )
    return f"{' UNION '.join(parts)} ORDER BY 1, 2"


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


class Telling:
    """What history is told of the repairs of one run."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def revise_untracked(self, owners: Collection[int]) -> None:
        """Write a revision for each row of ``owners`` that is not as history tells it.

        The caller has locked what these rows add up to.
        """
        for batch in in_batches(sorted(owners)):
            found: list[list[int]] = [[] for _ in self._sources]
            with connection.cursor() as cursor:
                cursor.execute(self._untracked.replace(OWNERS, ", ".join(map(str, batch))))
                for place, key in cursor.fetchall():
                    found[place].append(int(key))
            for source, rows in zip(self._sources, found, strict=True):
                for keys in in_batches(rows, BATCH):
                    _revise(source, keys, batch, self.run)

    def explain_repairs(self, holder: Model, repairs: Sequence[Repair]) -> None:
        """Set on each repair what of it no source row accounts for, and since when it is told."""
        if not repairs:
            return
        first_key = get_stat_keys(holder)[0]
        owners = sorted({repair.keys[first_key] for repair in repairs})
        is_any_revised = Revision.objects.filter(run=self.run, owner__in=owners).exists()
        accounted = read_found_changes(self.run, holder, owners) if is_any_revised else {}
        firsts = read_first_changes(holder, owners)
        now, reason = read_database_clock(connection), describe_cause(self.run)

        for repair in repairs:
            repair.owner, repair.changed_at, repair.reason = repair.keys[first_key], now, reason
            if repair.was is None:  # the row that shows the number was missing: nothing was shown
                continue
            number = (tuple(repair.keys.values()), repair.stat)
            repair.unexplained = repair.now - repair.was - accounted.get(number, 0)
            if repair.unexplained:
                repair.since = self._find_since(firsts.get(number), now)

    @cached_property
    def _sources(self) -> list[Source]:
        return list(_list_histories())

    @cached_property
    def _untracked(self) -> str:
        return _write_untracked(self._sources)

    @cached_property
    def _last_right(self) -> datetime | None:
        """Return when an earlier run left every number right."""
        earlier = Run.objects.filter(scope="", pk__lt=self.run.pk, finished_at__isnull=False)
        right = earlier.filter(status=Run.Status.CLEAN) | earlier.filter(
            status=Run.Status.DRIFTED, dry_run=False
        )
        last = right.order_by("-pk").first()
        if last is None:
            return None
        return last.started_at if last.status == Run.Status.CLEAN else last.finished_at

    @cached_property
    def _installed(self) -> datetime | None:
        return Installation.objects.values_list("installed_at", flat=True).first()

    def _find_since(self, first: datetime | None, now: datetime) -> datetime:
        """Return the last time the number was right: of a run that found it so, else of its first change."""
        right = self._last_right or self._installed
        times = [time for time in (first, right if self._last_right or first is None else None) if time]
        return min(max(times, default=now), now)
