"""Write down, at a repair, what was changed while no trigger watched, so that history adds up to the number.

A row that has revisions is compared with the latest of them, and a row in no recording was never seen. Of any
other row nothing tells what it was before: what a repair changes beyond these it tells itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial

from django.db import connection

from django_tally.batches import in_batches
from django_tally.commits import is_recorded_sql
from django_tally.database_clock import read_database_clock
from django_tally.feeds import Model, column_of, get_stat_keys
from django_tally.keeping.postgresql import PostgresqlDialect
from django_tally.keeping.revisions import Dialect, Images, record_change_sql, revise_sql
from django_tally.keeping.sqlite import SqliteDialect
from django_tally.models import Installation, Repair, Revision, Run
from django_tally.repair_facts import (
    OWNERS,
    Number,
    is_revised_sql,
    read_first_changes,
    read_found_changes,
)
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


def _write_suspects(sources: Sequence[Source]) -> str:
    """Return the SELECT of what of ``OWNERS`` may not be as history tells: place of the source, key, owner.

    Those are rows without revision that were never recorded, and, without a key, each source of which they
    have revisions. One statement, since most often it finds none.
    """
    parts = [
        _write_unrecorded(place, source, table, column)
        for place, source in enumerate(sources)
        for table in _list_tables(source)
        for column in table.owner_columns
    ]
    places = " ".join(
        f"WHEN {literal(source.label, connection)} THEN {place}" for place, source in enumerate(sources)
    )
    parts.append(
        f"SELECT CASE source {places} END, NULL, NULL FROM "
        f"(SELECT DISTINCT source FROM {REVISIONS} WHERE owner IN ({OWNERS})) s"
    )
    return " UNION ".join(parts)


def _list_tables(source: Source) -> list[Source]:
    """Return the tables that rows of one history are in: the live one, and its archive."""
    return [each for each in (source, find_twin(source)) if each]


def _write_changed(place: int, source: Source) -> str:
    """Return the SELECT of rows that have revisions of ``OWNERS``, and are not what the latest one shows.

    Equal images move no number. Others may not either: what they say is compared number by number.
    """
    label, dialect = literal(source.label, connection), _make_dialect()
    images = [
        f"(SELECT {dialect.image('t', source.image_columns(connection))} FROM {quote(each.table)} t "
        f"WHERE t.{quote(each.key)} = d.row)"
        for each in _list_tables(source)
    ]
    now = f"COALESCE({', '.join(images)})" if len(images) > 1 else images[0]
    told = (
        f"(SELECT r.new FROM {REVISIONS} r WHERE r.row = d.row AND r.source = {label} "
        "ORDER BY r.id DESC LIMIT 1)"
    )
    return (
        f"SELECT {place} AS place, d.row AS row, d.owner FROM (SELECT DISTINCT row, owner FROM {REVISIONS} "
        f"WHERE source = {label} AND owner IN ({OWNERS})) d WHERE {dialect.differ(told, now)}"
    )


def _read_places(statement: str, owners: Sequence[int]) -> list[tuple[int | None, int | None, int | None]]:
    with connection.cursor() as cursor:
        cursor.execute(statement.replace(OWNERS, ", ".join(map(str, owners))))
        read: list[tuple[int | None, int | None, int | None]] = cursor.fetchall()
    return read


def _write_unrecorded(place: int, source: Source, table: Source, column: str) -> str:
    """Return the SELECT of rows that are of ``OWNERS`` by a column, with neither recording nor revision.

    One that adds nothing, and was nobody else's before, has nothing to tell. That is asked of rows without
    recording alone: an index tells which these are, and most often there are none, so no row is read.
    """
    key, owner = quote(table.key), f"t.{quote(column)}"
    revised = partial(is_revised_sql, f"t.{key}", source.label)
    adds = " OR ".join(f"({term}) <> 0" for term in table.contributions(connection).values())
    unseen = (
        f"SELECT t.{key} AS tally_row, {owner} AS tally_owner FROM {quote(table.table)} t "
        f"WHERE {owner} IN ({OWNERS}) AND NOT {is_recorded_sql('t', key, source.label, connection)}"
    )
    return (
        f"SELECT {place}, t.{key}, {owner} FROM (WITH u AS MATERIALIZED ({unseen}) SELECT * FROM u) u "
        f"JOIN {quote(table.table)} t ON t.{key} = u.tally_row AND {owner} = u.tally_owner "
        f"WHERE ({adds} OR {revised()}) AND NOT {revised(owner=owner)}"
    )


def _revise(source: Source, keys: Sequence[int], owners: Sequence[int], run: Run) -> bool:
    """Write what changed of these rows; return whether anything did."""
    listed, key = ", ".join(str(row) for row in keys), quote(source.key)
    images = Images(
        f"SELECT {key} AS pk FROM ({_now_sql(source, listed)}) a UNION SELECT row FROM {REVISIONS} "
        f"WHERE row IN ({listed}) AND source = {literal(source.label, connection)}",
        _told_sql(source, listed),
        _now_sql(source, listed),
    )
    dialect = _make_dialect()
    dialect.actor, dialect.reason = "''", literal(describe_cause(run), connection)
    ours = f"c.owner IN ({', '.join(str(int(owner)) for owner in owners)})"
    with connection.cursor() as cursor:
        cursor.execute(revise_sql(source, images, dialect, connection, only=ours, run=run.pk))
        is_any = bool(cursor.rowcount)
        if is_any:
            cursor.execute(record_change_sql(source, dialect, connection))
    return is_any


def _make_dialect() -> Dialect:
    return PostgresqlDialect() if connection.vendor == "postgresql" else SqliteDialect()


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


def _number_of(repair: Repair) -> Number:
    return tuple(repair.keys.values()), repair.stat


#: Owner → place of a source → the keys of its rows that may not be as history tells them.
Suspects = dict[int, dict[int, set[int]]]


@dataclass(frozen=True)
class Foreseen:
    """What was read, before any row was locked, of numbers that had been found wrong.

    It holds for a row whose sources still say what they were found to say; any other is read again.

    :param numbers: the keys of each holder row → what its wrong numbers ought to be.
    :param firsts: when the earliest row that adds to each wrong number was recorded.
    :param changed: whose rows are not as their revisions tell: when these began is read once they are.
    """

    numbers: Mapping[tuple[int, ...], Mapping[str, int]]
    suspects: Suspects
    firsts: Mapping[Number, datetime]
    changed: Collection[int]

    def list_others(self, repairs: Collection[Repair]) -> set[int]:
        """Return the owners of whom something changed since."""
        now: dict[tuple[int, ...], dict[str, int]] = {}
        for repair in repairs:
            now.setdefault(tuple(repair.keys.values()), {})[repair.stat] = repair.now
        return {keys[0] for keys, numbers in now.items() if numbers != self.numbers.get(keys)}


#: Where nothing was read before: every row is another than was foreseen.
NOTHING_FORESEEN = Foreseen({}, {}, {}, ())


class Telling:
    """What history is told of the repairs of one run."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._revised: set[int] = set()

    def foresee(self, holder: Model, numbers: Mapping[tuple[int, ...], Mapping[str, int]]) -> Foreseen:
        """Read what telling needs of these wrong numbers, while no row is locked.

        :param numbers: as verified before: what has been written since is told by what the sources say then.
        """
        # Asked once in a run: not while the first row is locked.
        _ = self._was_revised, self._right
        suspects: Suspects = {}
        changed: set[int] = set()
        for owners in in_batches(sorted({keys[0] for keys in numbers})):
            found, those = self._find_untracked(owners)
            suspects |= found
            changed |= those
        wrong = {(keys, stat) for keys, stats in numbers.items() if keys[0] not in changed for stat in stats}
        return Foreseen(numbers, suspects, read_first_changes(holder, wrong), changed)

    def tell(self, holder: Model, repairs: Collection[Repair], foreseen: Foreseen = NOTHING_FORESEEN) -> None:
        """Write what changed beside the triggers, and set on each repair what that does not account for.

        The caller has locked what is repaired. What was foreseen is written as it is now: only what there was
        to compare was read before.
        """
        assert self._was_revised is not None  # noqa: S101 - read before the first revision is written
        if not repairs:
            return
        first_key = get_stat_keys(holder)[0]
        others = foreseen.list_others(repairs)
        owners = {repair.keys[first_key] for repair in repairs}
        suspects = {owner: foreseen.suspects[owner] for owner in owners if owner in foreseen.suspects}
        for batch in in_batches(sorted(others)):
            suspects |= self._find_untracked(batch)[0]
        self._revise(suspects)
        self._explain_repairs(holder, repairs, foreseen.firsts, others.union(foreseen.changed))

    def _revise(self, suspects: Suspects) -> None:
        """Write a revision for each suspect that is not as history tells it."""
        for owners in in_batches(sorted(suspects)):
            for place, source in enumerate(self._sources):
                rows = {key for owner in owners for key in suspects[owner].get(place, ())}
                for keys in in_batches(sorted(rows), BATCH):
                    if _revise(source, keys, owners, self.run):
                        self._revised.update(owners)

    def _find_untracked(self, owners: Sequence[int]) -> tuple[Suspects, set[int]]:
        """Return the rows of ``owners`` that may not be as history tells them, and whose have revisions."""
        found: Suspects = {}
        unrecorded = _read_places(self._suspects, owners)
        revised = sorted({place for place, key, _ in unrecorded if place is not None and key is None})
        changed = (
            _read_places(" UNION ".join(self._changed[place] for place in revised), owners) if revised else []
        )
        for place, key, owner in unrecorded + changed:
            if place is not None and key is not None and owner is not None:
                found.setdefault(int(owner), {}).setdefault(place, set()).add(int(key))
        return found, {int(owner) for _, _, owner in changed if owner is not None}

    def _explain_repairs(
        self,
        holder: Model,
        repairs: Collection[Repair],
        foreseen: Mapping[Number, datetime],
        others: Collection[int],
    ) -> None:
        """Set on each repair what of it no source row accounts for, and since when it is told.

        :param foreseen: when the first row of a number was recorded, where the owner is none of ``others``.
        """
        first_key = get_stat_keys(holder)[0]
        owners = sorted({repair.keys[first_key] for repair in repairs})
        is_any_revised = self._was_revised or not self._revised.isdisjoint(owners)
        accounted = read_found_changes(self.run, holder, owners) if is_any_revised else {}
        now, reason = read_database_clock(connection), describe_cause(self.run)

        for repair in repairs:
            repair.owner, repair.changed_at, repair.reason = repair.keys[first_key], now, reason
            if repair.was is not None:  # else the row that shows the number was missing: nothing was shown
                repair.unexplained = repair.now - repair.was - accounted.get(_number_of(repair), 0)
        unexplained = [repair for repair in repairs if repair.unexplained]
        unread = {_number_of(repair) for repair in unexplained if repair.keys[first_key] in others}
        firsts = {**foreseen, **read_first_changes(holder, unread)}
        for repair in unexplained:
            repair.since = self._find_since(firsts.get(_number_of(repair)), now)

    @cached_property
    def _was_revised(self) -> bool:
        """Return whether the run had written revisions before it was told of here."""
        return Revision.objects.filter(run=self.run).exists()

    @cached_property
    def _sources(self) -> list[Source]:
        return list(_list_histories())

    @cached_property
    def _suspects(self) -> str:
        return _write_suspects(self._sources)

    @cached_property
    def _changed(self) -> list[str]:
        return [_write_changed(place, source) for place, source in enumerate(self._sources)]

    @cached_property
    def _right(self) -> tuple[datetime | None, datetime | None]:
        """Return when an earlier run left every number right; if none did, when triggers were installed."""
        earlier = Run.objects.filter(scope="", pk__lt=self.run.pk, finished_at__isnull=False)
        right = earlier.filter(status=Run.Status.CLEAN) | earlier.filter(
            status=Run.Status.DRIFTED, dry_run=False
        )
        last = right.order_by("-pk").first()
        if last is None:
            return None, Installation.objects.values_list("installed_at", flat=True).first()
        return last.started_at if last.status == Run.Status.CLEAN else last.finished_at, None

    def _find_since(self, first: datetime | None, now: datetime) -> datetime:
        """Return the last time the number was right: of a run that found it so, else of its first change."""
        last, installed = self._right
        times = [time for time in (first, last or (installed if first is None else None)) if time]
        return min(max(times, default=now), now)
