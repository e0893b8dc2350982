"""Repair one set of rows in one transaction: lock, count, set, and tell what every number was.

Whatever can be read before the lock is, and what can wait is done after it: writers of one row that is locked
wait for the whole set.
"""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache, lru_cache

from django.db import OperationalError, connections

from django_tally.database_clock import read_database_clock
from django_tally.declarations import Contribution
from django_tally.feeds import (
    Model,
    are_rows_on_demand,
    get_contributions,
    get_key_columns,
    get_stat_columns,
    get_stat_keys,
    get_stats,
)
from django_tally.fields import Stat
from django_tally.models import Repair, Run
from django_tally.recount_sql import recount_rows_sql
from django_tally.repair_facts import OWNERS, ROWS
from django_tally.schema import quote, table_of
from django_tally.signals import numbers_repaired
from django_tally.sql import literal
from django_tally.tracing import NOTHING_FORESEEN, Foreseen, Telling
from django_tally.transactions import ATTEMPTS, LONGEST_PAUSE_SECONDS, atomic_service

logger = logging.getLogger(__name__)

#: How long a set waits for a lock: less than PostgreSQL's ``deadlock_timeout``, a second, so that of a
#: deadlock with a caller it is the repair that gives way.
PATIENCE = "250ms"
#: lock_not_available
GAVE_WAY = "55P03"
#: Locks are let go before the disk has the repairs. The end of the run waits for the disk, and so does who
#: tells of them after a commit of his own. A server that crashes in between has lost sets whole, with their
#: ledger, and the run did not end: the next does them again. Where commits wait for more, they do here, too.
_LET_GO_EARLY = (
    "set_config('synchronous_commit', CASE current_setting('synchronous_commit') "
    "WHEN 'on' THEN 'off' ELSE current_setting('synchronous_commit') END, true)"
)

Keys = tuple[int, ...]
Numbers = dict[Keys, tuple[int, ...]]


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
    return _log(_repair(run, holder, keys, now, Telling(run) if is_told else None)[0])


def repair_what_is_free(
    run: Run,
    holder: Model,
    keys: Sequence[Keys],
    now: datetime,
    telling: Telling | None,
    *,
    foreseen: Foreseen,
    absent: Collection[Keys],
) -> tuple[list[Repair], list[Keys]]:
    """Repair the rows that no writer holds; return the repairs, and the keys of the others.

    It waits for no row while it holds others. What it may have to wait for beside, it waits for shortly.

    :param absent: the keys that had no row when they were looked for; one that has none any more is left out.
    """
    try:
        repairs, busy = _repair(
            run,
            holder,
            keys,
            now,
            telling,
            foreseen=foreseen,
            absent=absent,
            is_hasty=True,
            patience=_find_patience(),
        )
    except OperationalError as error:
        if not _gave_way(error):
            raise
        return [], list(keys)
    return _log(repairs), busy


def repair_after_writers(
    run: Run, holder: Model, keys: Keys, now: datetime, telling: Telling | None
) -> list[Repair]:
    """Repair one row, waiting for whoever holds it; give way, and begin again, where that needs more.

    :raises OperationalError: it had to give way every time.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _log(_repair(run, holder, [keys], now, telling, patience=_find_patience())[0])
        except OperationalError as error:
            if attempt == ATTEMPTS or not _gave_way(error):
                raise
            time.sleep(random.uniform(0, LONGEST_PAUSE_SECONDS))  # noqa: S311
    raise AssertionError("unreachable")


def _find_patience() -> str:
    """Return how long a transaction of a repair may wait; empty within one that is not its own."""
    connection = connections["default"]
    return PATIENCE if connection.vendor == "postgresql" and not connection.in_atomic_block else ""


def _log(repairs: list[Repair]) -> list[Repair]:
    """Log what was repaired, when its locks are let go."""
    for repair in repairs:
        logger.warning("repaired %s", repair)
    return repairs


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
    absent: Collection[Keys] | None = None,
    is_hasty: bool = False,
    patience: str = "",
) -> tuple[list[Repair], list[Keys]]:
    """Repair rows in one transaction; return the repairs, and the keys of the rows that others hold.

    :param absent: the keys that may have no row; by default any.
    :param is_hasty: leave out the rows that others hold.
    :param patience: how long the transaction waits for a lock while it holds one.
    """
    if patience and is_hasty:
        _limit_waits(patience)
    absent = keys if absent is None else absent
    if absent and are_rows_on_demand(holder):
        _make_missing_rows(holder, absent)
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
        if telling:
            telling.tell(holder, repairs, foreseen)
        else:
            changed_at = read_database_clock(connections["default"])
            for repair in repairs:
                repair.changed_at = changed_at
        _write_ledger(repairs)
        numbers_repaired.send(Repair, repairs=repairs)
    busy = [row_keys for row_keys in keys if row_keys not in cached] if is_hasty else []
    return repairs, busy


def _limit_waits(patience: str) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(f"SELECT set_config('lock_timeout', '{patience}', true), {_LET_GO_EARLY}")


def _make_missing_rows(holder: Model, keys: Collection[Keys]) -> None:
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


def _among(holder: Model, keys: Collection[Keys]) -> str:
    """Return a condition for the rows of ``keys``; the first key apart too, or SQLite uses no index."""
    columns = [quote(column) for column in get_key_columns(holder)]
    first = ", ".join(map(str, sorted({int(row_keys[0]) for row_keys in keys})))
    if len(columns) == 1:
        return f"{columns[0]} IN ({first})"
    return f"{columns[0]} IN ({first}) AND ({', '.join(columns)}) IN (VALUES {_list_rows(keys)})"


def _list_rows(keys: Collection[Keys]) -> str:
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


def _write_ledger(repairs: Sequence[Repair]) -> None:
    """Save new repairs in one statement of text: the ORM takes longer to prepare them than the server takes.

    No stranger's word is in it: keys are whole numbers, names those of declarations.
    """
    connection = connections["default"]

    @cache
    def text(value: str) -> str:
        return literal(value, connection)

    @cache
    def time(at: datetime | None) -> str:
        return "NULL" if at is None else literal(connection.ops.adapt_datetimefield_value(at), connection)

    rows = ", ".join(
        f"({int(each.run_id)}, {text(each.holder)}, {text(each.stat)}, {text(json.dumps(each.keys))}, "
        f"{_number(each.was)}, {int(each.now)}, {time(each.repaired_at)}, {_number(each.owner)}, "
        f"{int(each.unexplained)}, {text(each.reason)}, {time(each.since)}, {time(each.changed_at)})"
        for each in repairs
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table_of(Repair)} (run_id, holder, stat, keys, was, now, repaired_at, owner, "
            f"unexplained, reason, since, changed_at) VALUES {rows} RETURNING id"
        )
        for each, (key,) in zip(repairs, cursor.fetchall(), strict=True):
            each.pk = key
            each._state.adding, each._state.db = False, connection.alias


def _number(value: int | None) -> str:
    return "NULL" if value is None else str(int(value))
