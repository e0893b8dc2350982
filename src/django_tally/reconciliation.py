"""Verify numbers and repair what had drifted; every run and every repair is recorded."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connections

from django_tally.batches import in_batches
from django_tally.feeds import Model, list_holders
from django_tally.models import Repair, Run
from django_tally.orphans import sort_findings
from django_tally.repairing import Keys, repair_after_writers, repair_what_is_free
from django_tally.tracing import NOTHING_FORESEEN, Telling
from django_tally.triggers.installation import find_faults, find_session_faults
from django_tally.verification import Drift, count_numbers, find_drift

logger = logging.getLogger(__name__)

#: Holder rows repaired, and locked, at a time: at first, at least and at most. Few at first, since writers of
#: these wait for all of them; below the least, it is not the rows that take long.
BATCH, FEWEST, MOST = 20, 10, 200
#: To count so many source rows takes as long as all else that is done for a holder row: who has many of them
#: stands for several holder rows, and is repaired alone if for more than fit.
ROWS_AS_LONG = 3_000
#: The seconds that a batch should take: the next one has as many rows as would have fitted into the last one.
AIM = 0.025
#: Rows of whom what a repair has to tell is read at a time, before any is locked: a statement over a dozen
#: sources takes as long to plan as to run for so many.
SHEET = 1_000

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
        absent = {drift.keys for drift in found[holder] if drift.cached is None}
        left: list[Keys] = []
        size = BATCH
        for sheet in in_batches(list(wrong), SHEET):
            numbers = {keys: wrong[keys] for keys in sheet}
            foreseen = telling.foresee(holder, numbers) if telling else NOTHING_FORESEEN
            start = 0
            while batch := _take_batch(sheet[start:], numbers, size):
                progress(f"repairing {holder._meta.label}", done, total)
                began = time.perf_counter()
                repairs, busy = repair_what_is_free(
                    run, holder, batch, clock(), telling, foreseen=foreseen, absent=absent.intersection(batch)
                )
                start += len(batch)
                load = sum(_weigh(numbers[keys]) for keys in batch)
                size = _fit_batch(size, load, time.perf_counter() - began)
                outcome.repairs.extend(repairs)
                left, done = left + busy, done + len(batch) - len(busy)
        # What writers held: one at a time, so that whoever is waited for waits for nothing held here.
        for row_keys in left:
            progress(f"repairing {holder._meta.label}, after its writers", done, total)
            outcome.repairs.extend(repair_after_writers(run, holder, row_keys, clock(), telling))
            done += 1


def _take_batch(sheet: Sequence[Keys], numbers: Mapping[Keys, Mapping[str, int]], size: int) -> list[Keys]:
    """Return the first of ``sheet``: as many as weigh no more than ``size``, and one at least."""
    batch: list[Keys] = []
    load = 0
    for keys in sheet[:size]:
        load += _weigh(numbers[keys])
        if batch and load > size:
            break
        batch.append(keys)
    return batch


def _weigh(numbers: Mapping[str, int]) -> int:
    """Return for how many holder rows one stands, by what its wrong numbers ought to be."""
    return 1 + max(0, *numbers.values()) // ROWS_AS_LONG


def _fit_batch(size: int, rows: int, seconds: float) -> int:
    """Return how many rows to repair at a time, after a batch of ``size`` with so many took so long.

    It shrinks at once and grows to the double at most, lest one quick batch make a slow one.
    """
    if rows < size / 2 and seconds <= AIM:  # the rest of a sheet, or before a heavy row: too few to tell
        return size
    return max(min(round(rows * AIM / seconds), size * 2, MOST), FEWEST)
