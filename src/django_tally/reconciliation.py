"""Verify numbers and repair what had drifted; every run and every repair is recorded."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connections

from django_tally.feeds import (
    Model,
    are_rows_on_demand,
    column_of,
    get_key_columns,
    get_stat_columns,
    get_stat_keys,
    get_stats,
    list_holders,
)
from django_tally.models import Repair, Run
from django_tally.orphans import sort_findings
from django_tally.schema import quote, table_of
from django_tally.sql import truth_sql
from django_tally.tracing import explain_repairs, revise_untracked
from django_tally.transactions import atomic_service
from django_tally.triggers.installation import find_faults, find_session_faults
from django_tally.verification import Drift, count_numbers, find_drift

logger = logging.getLogger(__name__)

#: Holder rows repaired, and locked, at a time.
BATCH = 500

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
    :param progress: called before each step with its label, the number of steps done and of steps there are.
    """
    run = Run.objects.create(
        cause=cause, scope=scope, dry_run=dry_run, started_at=clock(), faults=list(_explain_drift(faults))
    )
    outcome = Outcome(run, [], [])
    try:
        for step, holder in enumerate(wanted := list(holders or list_holders())):
            if progress:
                progress(holder._meta.label, step, len(wanted))
            _reconcile_holder(outcome, holder, first_keys, clock, is_told=is_told)
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


def _reconcile_holder(
    outcome: Outcome, holder: Model, first_keys: Sequence[int] | None, clock: Clock, *, is_told: bool
) -> None:
    found = sort_findings(holder, find_drift(holder, first_keys=first_keys))
    outcome.run.numbers_checked += count_numbers(holder, first_keys=first_keys)
    outcome.run.faults += [fault for fault in found.faults if fault not in outcome.run.faults]
    outcome.drifts.extend(found.drifts)
    if outcome.run.dry_run:
        return
    keys = sorted({drift.keys for drift in found.drifts})
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        outcome.repairs.extend(
            repair_rows(run=outcome.run, holder=holder, keys=batch, now=clock(), is_told=is_told)
        )


@atomic_service
def repair_rows(
    *, run: Run, holder: Model, keys: Sequence[Keys], now: datetime, is_told: bool = True
) -> list[Repair]:
    """Set the numbers of these rows of ``holder`` to what the sources say, and log each that changed.

    Lock first, then count in a statement of its own: a writer who has not committed waits for the
    lock to add his share, one who has is in the count. Counting before the lock, or in the same
    statement as the write, was seen to create drift beside a concurrent writer. A negative number
    is a finding like any other and is repaired, never clamped.
    """
    if are_rows_on_demand(holder):
        _make_missing_rows(holder, keys)
    cached = _lock_rows(holder, keys)
    actual = _count_rows(holder, keys)
    repairs = []
    for row_keys, numbers in cached.items():
        repairs += _repair_row(holder, row_keys, numbers, actual.get(row_keys, (0,) * len(numbers)))
    for repair in repairs:
        repair.run, repair.repaired_at = run, now
        logger.warning("repaired %s", repair)
    if repairs and is_told:
        revise_untracked(run, {row_keys[0] for row_keys in keys})
        explain_repairs(run, holder, repairs)
    return Repair.objects.bulk_create(repairs)


def _make_missing_rows(holder: Model, keys: Sequence[Keys]) -> None:
    columns = get_key_columns(holder)
    rows = [holder(**dict(zip(columns, row_keys, strict=True))) for row_keys in keys]
    holder._base_manager.bulk_create(rows, ignore_conflicts=True)


def _lock_rows(holder: Model, keys: Sequence[Keys]) -> Numbers:
    connection = connections["default"]
    # On SQLite, the transaction is the lock.
    lock = " FOR NO KEY UPDATE" if connection.vendor == "postgresql" else ""
    columns = ", ".join(quote(c) for c in (*get_key_columns(holder), *get_stat_columns(holder)))
    order = ", ".join(quote(c) for c in get_key_columns(holder))
    return _read_numbers(
        holder,
        f"SELECT {columns} FROM {table_of(holder)} WHERE {_among(holder, keys)} ORDER BY {order}{lock}",
    )


def _count_rows(holder: Model, keys: Sequence[Keys]) -> Numbers:
    first = ", ".join(str(key) for key in sorted({row_keys[0] for row_keys in keys}))
    return _read_numbers(holder, truth_sql(holder, connections["default"], f"{{key}} IN ({first})"))


def _among(holder: Model, keys: Sequence[Keys]) -> str:
    columns = ", ".join(quote(c) for c in get_key_columns(holder))
    values = ", ".join(f"({', '.join(str(int(key)) for key in row_keys)})" for row_keys in keys)
    return f"({columns}) IN (VALUES {values})"


def _read_numbers(holder: Model, sql: str) -> Numbers:
    width = len(get_key_columns(holder))
    with connections["default"].cursor() as cursor:
        cursor.execute(sql)
        return {
            tuple(int(k) for k in row[:width]): tuple(int(n) for n in row[width:])
            for row in cursor.fetchall()
        }


def _repair_row(holder: Model, keys: Keys, was: Sequence[int], actual: Sequence[int]) -> list[Repair]:
    wrong = [
        (stat, old, new) for stat, old, new in zip(get_stats(holder), was, actual, strict=True) if old != new
    ]
    if not wrong:
        return []
    sets = ", ".join(f"{quote(column_of(holder, stat.name))} = {new}" for stat, _, new in wrong)
    with connections["default"].cursor() as cursor:
        cursor.execute(f"UPDATE {table_of(holder)} SET {sets} WHERE {_among(holder, [keys])}")
    named = dict(zip(get_stat_keys(holder), keys, strict=True))
    label = holder._meta.label
    return [Repair(holder=label, stat=stat.name, keys=named, was=old, now=new) for stat, old, new in wrong]
