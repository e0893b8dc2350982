"""Verify numbers and repair what had drifted; every run and every repair is recorded."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db import OperationalError, connections

from django_tally.batches import in_batches
from django_tally.declarations import Contribution
from django_tally.feeds import (
    Model,
    are_rows_on_demand,
    get_contributions,
    get_key_columns,
    get_stat_columns,
    get_stat_keys,
    get_stats,
    list_holders,
)
from django_tally.fields import Stat
from django_tally.models import Repair, Run
from django_tally.orphans import sort_findings
from django_tally.recount_sql import recount_rows_sql
from django_tally.repair_facts import OWNERS, ROWS
from django_tally.schema import quote, table_of
from django_tally.signals import numbers_repaired
from django_tally.tracing import NOTHING_FORESEEN, Foreseen, Telling
from django_tally.transactions import ATTEMPTS, LONGEST_PAUSE_SECONDS, atomic_service
from django_tally.triggers.installation import find_faults, find_session_faults
from django_tally.verification import Drift, count_numbers, find_drift

logger = logging.getLogger(__name__)

#: Holder rows repaired, and locked, at a time, at first: few, since writers of these wait for all of them.
BATCH = 50
#: The seconds that a batch should take. The next one has as many rows as would have fitted into the last one,
#: within half of ``BATCH`` (below, it is not the rows that take long) and four times it.
AIM = 0.03
#: Rows of whom what a repair has to tell is read at a time, before any is locked: a statement over a dozen
#: sources takes as long to plan as to run for so many.
SHEET = 400
#: How long a batch waits for a lock: less than PostgreSQL's ``deadlock_timeout``, a second, so that of a
#: deadlock with a caller it is the repair that gives way.
PATIENCE = "250ms"
#: lock_not_available
GAVE_WAY = "55P03"

Keys = tuple[int, ...]
Numbers = dict[Keys, tuple[int, ...]]
Clock = Callable[[], datetime]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Outcome:
    """What a run found and did; ``repairs`` is empty on a dry run, ``run.faults`` says why numbers drift."""

    run: Run
    drifts: list[Drift]
    repairs: list[Repair]

    @property
    def is_right(self) -> bool:
        """Return whether no number had drifted and nothing lets numbers drift."""
        return not self.drifts and not self.run.faults


def reconcile(
    *,
    cause: str,
    clock: Clock,
    holders: Sequence[Model] | None = None,
    first_keys: Sequence[int] | None = None,
    scope: str = "",
    dry_run: bool = False,
    progress: Progress | None = None,
    faults: Sequence[str] | None = None,
    is_told: bool = True,
) -> Outcome:
    """Verify every number of ``holders`` (by default all) and, unless ``dry_run``, repair those that drifted.

    The run record says RUNNING until the end, so that one that was killed can be distinguished from
    one that finished. Repairs commit in batches: a run that is stopped keeps what it repaired, and
    running again does the rest.

    :param first_keys: restrict to rows whose first key is one of these.
    :param faults: why numbers may have drifted, where the caller knows; by default what is wrong with the
        triggers now.
    :param is_told: whether history tells of the repairs. It does not where a declaration was changed: history
        tells the past by the declarations of today.
    :param progress: called before each step with what it does, the rows done and the rows there are to do;
        while the numbers are verified, which is one statement, with 0 of 1.
    """
    run = Run.objects.create(
        cause=cause, scope=scope, dry_run=dry_run, started_at=clock(), faults=list(_explain_drift(faults))
    )
    outcome, wanted = Outcome(run, [], []), list(holders or list_holders())
    try:
        _verify_and_repair(outcome, wanted, first_keys, clock, progress or _show_nothing, is_told=is_told)
    except BaseException as error:
        _finish(outcome, Run.Status.FAILED, clock, error=repr(error))
        raise
    _finish(outcome, Run.Status.DRIFTED if outcome.drifts else Run.Status.CLEAN, clock)
    return outcome


def _explain_drift(faults: Sequence[str] | None) -> Sequence[str]:
    """Return why numbers can drift."""
    if faults is not None:
        return faults
    connection = connections["default"]
    return [*find_session_faults(connection), *find_faults(connection)]


def _finish(outcome: Outcome, status: Run.Status, clock: Clock, *, error: str = "") -> None:
    run = outcome.run
    run.status, run.error, run.finished_at = status, error, clock()
    run.numbers_drifted, run.numbers_repaired = len(outcome.drifts), len(outcome.repairs)
    run.save()
    for fault in run.faults:
        logger.warning("numbers can drift: %s", fault)


def _show_nothing(label: str, done: int, total: int) -> None:
    """Stand in for the progress that nobody asked for."""


def _verify_and_repair(
    outcome: Outcome,
    holders: Sequence[Model],
    first_keys: Sequence[int] | None,
    clock: Clock,
    progress: Progress,
    *,
    is_told: bool,
) -> None:
    run = outcome.run
    progress("verifying every number", 0, 1)
    found: dict[Model, list[Drift]] = {holder: [] for holder in holders}
    for drift in find_drift(*holders, first_keys=first_keys):
        found[drift.holder].append(drift)
    drifted: dict[Model, dict[Keys, dict[str, int]]] = {}
    for holder in holders:
        run.numbers_checked += count_numbers(holder, first_keys=first_keys)
        sorted_out = sort_findings(holder, found[holder])
        run.faults += [fault for fault in sorted_out.faults if fault not in run.faults]
        outcome.drifts.extend(sorted_out.drifts)
        wrong = drifted[holder] = {}
        for drift in sorted(sorted_out.drifts, key=lambda drift: drift.keys):
            wrong.setdefault(drift.keys, {})[drift.stat] = drift.actual
    if run.dry_run:
        return

    telling = Telling(run) if is_told else None
    done, total = 0, sum(len(keys) for keys in drifted.values())
    for holder, wrong in drifted.items():
        left: list[Keys] = []
        size = BATCH
        for sheet in in_batches(list(wrong), SHEET):
            numbers = {keys: wrong[keys] for keys in sheet}
            foreseen = telling.foresee(holder, numbers) if telling else NOTHING_FORESEEN
            start = 0
            while batch := sheet[start : start + size]:
                progress(f"repairing {holder._meta.label}", done, total)
                began = time.perf_counter()
                repairs, busy = _repair_what_is_free(
                    outcome.run, holder, batch, clock(), telling, foreseen=foreseen
                )
                start, size = start + size, _fit_batch(len(batch), time.perf_counter() - began)
                outcome.repairs.extend(repairs)
                left, done = left + busy, done + len(batch) - len(busy)
        # What writers held: one at a time, so that whoever is waited for waits for nothing held here.
        for row_keys in left:
            progress(f"repairing {holder._meta.label}, after its writers", done, total)
            outcome.repairs.extend(_repair_after_writers(outcome.run, holder, row_keys, clock(), telling))
            done += 1


def _fit_batch(rows: int, seconds: float) -> int:
    """Return how many rows to repair at a time, after so many took so long."""
    return min(max(round(rows * AIM / seconds), BATCH // 2, 1), BATCH * 4)


def repair_rows(
    *, run: Run, holder: Model, keys: Sequence[Keys], now: datetime, is_told: bool = True
) -> list[Repair]:
    """Set the numbers of these rows of ``holder`` to what the sources say, and log each that changed.

    Lock first, then count in a statement of its own: a writer who has not committed waits for the
    lock to add his share, one who has is in the count. Counting before the lock, or in the same
    statement as the write, was seen to create drift beside a concurrent writer. A negative number
    is a finding like any other and is repaired, never clamped.

    It waits for writers who hold any of the rows, and is run again where the database chose it to break a
    deadlock.
    """
    return _repair(run, holder, keys, now, Telling(run) if is_told else None)[0]


def _repair_what_is_free(
    run: Run,
    holder: Model,
    keys: Sequence[Keys],
    now: datetime,
    telling: Telling | None,
    *,
    foreseen: Foreseen,
) -> tuple[list[Repair], list[Keys]]:
    """Repair the rows that no writer holds; return the repairs, and the keys of the others.

    It waits for no row while it holds others. What it may have to wait for beside, it waits for shortly.
    """
    try:
        return _repair(
            run, holder, keys, now, telling, foreseen=foreseen, is_hasty=True, patience=_find_patience()
        )
    except OperationalError as error:
        if not _gave_way(error):
            raise
        return [], list(keys)


def _repair_after_writers(
    run: Run, holder: Model, keys: Keys, now: datetime, telling: Telling | None
) -> list[Repair]:
    """Repair one row, waiting for whoever holds it; give way, and begin again, where that needs more.

    :raises OperationalError: it had to give way every time.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _repair(run, holder, [keys], now, telling, patience=_find_patience())[0]
        except OperationalError as error:
            if attempt == ATTEMPTS or not _gave_way(error):
                raise
            time.sleep(random.uniform(0, LONGEST_PAUSE_SECONDS))  # noqa: S311
    raise AssertionError("unreachable")


def _find_patience() -> str:
    """Return how long a transaction of a repair may wait; empty within one that is not its own."""
    connection = connections["default"]
    return PATIENCE if connection.vendor == "postgresql" and not connection.in_atomic_block else ""


def _gave_way(error: OperationalError) -> bool:
    return getattr(error.__cause__, "sqlstate", None) == GAVE_WAY


@atomic_service
def _repair(
    run: Run,
    holder: Model,
    keys: Sequence[Keys],
    now: datetime,
    telling: Telling | None,
    *,
    foreseen: Foreseen = NOTHING_FORESEEN,
    is_hasty: bool = False,
    patience: str = "",
) -> tuple[list[Repair], list[Keys]]:
    """Repair rows in one transaction; return the repairs, and the keys of the rows that others hold.

    :param is_hasty: leave out the rows that others hold.
    :param patience: how long the transaction waits for a lock while it holds one.
    """
    if patience and is_hasty:
        _limit_waits(patience)
    if are_rows_on_demand(holder):
        _make_missing_rows(holder, keys)
    cached = _lock_rows(holder, keys, is_hasty=is_hasty)
    if patience and not is_hasty:
        _limit_waits(patience)
    actual = _count_rows(holder, list(cached)) if cached else {}
    stats = get_stats(holder)
    none = (0,) * len(stats)
    truth = {row_keys: actual.get(row_keys, none) for row_keys in cached}
    wrong = {row_keys: truth[row_keys] for row_keys, was in cached.items() if truth[row_keys] != was}
    repairs = [
        repair
        for row_keys in wrong
        for repair in _list_repairs(holder, stats, row_keys, cached[row_keys], wrong[row_keys])
    ]
    if repairs:
        _set_numbers(holder, wrong)
        for repair in repairs:
            repair.run, repair.repaired_at = run, now
            logger.warning("repaired %s", repair)
        if telling:
            telling.tell(holder, repairs, foreseen)
    busy = [row_keys for row_keys in keys if row_keys not in cached] if is_hasty else []
    made = Repair.objects.bulk_create(repairs)
    if made:
        numbers_repaired.send(Repair, repairs=made)
    return made, busy


def _limit_waits(patience: str) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{patience}'")


def _make_missing_rows(holder: Model, keys: Sequence[Keys]) -> None:
    """Make the rows that are not there, in the order of their keys."""
    listed = ", ".join(quote(column) for column in get_key_columns(holder))
    with connections["default"].cursor() as cursor:
        cursor.execute(f"SELECT {listed} FROM {table_of(holder)} WHERE {_among(holder, keys)}")
        present = {tuple(int(key) for key in row) for row in cursor.fetchall()}
    columns = get_key_columns(holder)
    absent = [row_keys for row_keys in sorted(keys) if row_keys not in present]
    rows = [holder(**dict(zip(columns, row_keys, strict=True))) for row_keys in absent]
    holder._base_manager.bulk_create(rows, ignore_conflicts=True)


def _lock_rows(holder: Model, keys: Sequence[Keys], *, is_hasty: bool = False) -> Numbers:
    connection = connections["default"]
    # On SQLite, the transaction is the lock.
    lock = " FOR NO KEY UPDATE" if connection.vendor == "postgresql" else ""
    if lock and is_hasty:
        lock += " SKIP LOCKED"
    columns = ", ".join(quote(c) for c in (*get_key_columns(holder), *get_stat_columns(holder)))
    order = ", ".join(quote(c) for c in get_key_columns(holder))
    return _read_numbers(
        holder,
        f"SELECT {columns} FROM {table_of(holder)} WHERE {_among(holder, keys)} ORDER BY {order}{lock}",
    )


def _count_rows(holder: Model, keys: Sequence[Keys]) -> Numbers:
    first = ", ".join(str(key) for key in sorted({row_keys[0] for row_keys in keys}))
    statement = _write_recount(holder, get_contributions(holder)).replace(OWNERS, first)
    return _read_numbers(holder, statement.replace(ROWS, _list_rows(keys)))


@lru_cache(maxsize=32)
def _write_recount(holder: Model, contributions: tuple[Contribution, ...]) -> str:  # noqa: ARG001 - part of the key
    """Return the recount of ``ROWS`` of ``OWNERS``, written once for as long as the same is declared."""
    only = f"{{key}} IN ({OWNERS})"
    if len(get_key_columns(holder)) > 1:
        only += f" AND ({{keys}}) IN (VALUES {ROWS})"
    return recount_rows_sql(holder, connections["default"], only)


def _among(holder: Model, keys: Sequence[Keys]) -> str:
    columns = ", ".join(quote(c) for c in get_key_columns(holder))
    return f"({columns}) IN (VALUES {_list_rows(keys)})"


def _list_rows(keys: Sequence[Keys]) -> str:
    return ", ".join(f"({', '.join(str(int(key)) for key in row_keys)})" for row_keys in keys)


def _read_numbers(holder: Model, sql: str) -> Numbers:
    width = len(get_key_columns(holder))
    with connections["default"].cursor() as cursor:
        cursor.execute(sql)
        return {
            tuple(int(k) for k in row[:width]): tuple(int(n) for n in row[width:])
            for row in cursor.fetchall()
        }


def _set_numbers(holder: Model, truth: Numbers) -> None:
    """Set every number of these rows, in one statement."""
    table, keys = table_of(holder), get_key_columns(holder)
    columns = (*keys, *get_stat_columns(holder))
    named = ", ".join(f"column{place} AS {quote(column)}" for place, column in enumerate(columns, start=1))
    values = ", ".join(f"({', '.join(map(str, (*row, *numbers)))})" for row, numbers in truth.items())
    sets = ", ".join(f"{quote(column)} = v.{quote(column)}" for column in get_stat_columns(holder))
    same = " AND ".join(f"{table}.{quote(key)} = v.{quote(key)}" for key in keys)
    with connections["default"].cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {sets} FROM (SELECT {named} FROM (VALUES {values}) listed) v WHERE {same}"
        )


def _list_repairs(
    holder: Model, stats: Sequence[Stat], keys: Keys, was: Sequence[int], actual: Sequence[int]
) -> list[Repair]:
    """Return a repair, not saved yet, per number of one row that is wrong."""
    named, label = dict(zip(get_stat_keys(holder), keys, strict=True)), holder._meta.label
    return [
        Repair(holder=label, stat=stat.name, keys=named, was=old, now=new)
        for stat, old, new in zip(stats, was, actual, strict=True)
        if old != new
    ]
