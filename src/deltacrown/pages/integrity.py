"""The page on whether the stored numbers are right: the verifications of everybody's numbers.

It shows nothing about a single player: verifications of one player are left out, and repairs are counted by
stat. Errors are in the log only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import connection
from django.db.models import Count, QuerySet
from django.utils.translation import gettext_noop

from deltacrown.core.jobs import is_running
from deltacrown.core.pagination import Page, paginate
from deltacrown.core.words import declare_stored
from deltacrown.user_profile.models import GameStats
from django_tally.models import Repair, Run
from django_tally.triggers.installation import find_faults_quickly

#: A verification by hand that runs longer has been stopped: millions of numbers take minutes.
LONGEST_RUN = timedelta(hours=1)
#: The job of the schedule that verifies everything, and what its verifications have as their cause.
JOB, CAUSE = "reconcile", "schedule"

#: What the engine says of its triggers, in runs as they are stored; none is put together from pieces here.
for _sentence in (
    gettext_noop("trigger %(name)s is missing"),
    gettext_noop("trigger %(name)s belongs to no declaration; it is on %(table)s"),
    gettext_noop("trigger %(name)s is disabled"),
    gettext_noop(
        "trigger %(name)s is enabled for replication only (ENABLE REPLICA TRIGGER): "
        "it does not fire for writers"
    ),
    gettext_noop(
        "trigger %(name)s is enabled always (ENABLE ALWAYS TRIGGER): replicated rows would be counted twice"
    ),
    gettext_noop("trigger %(name)s is not as declared"),
    gettext_noop("trigger %(name)s is not as declared: it fires %(shape)s"),
    gettext_noop("trigger %(name)s is not as declared: its function does not run as its owner alone"),
    gettext_noop("nothing was recounted since the triggers were put in"),
):
    declare_stored(_sentence)


class IntegrityState(StrEnum):
    """The state of the latest verification."""

    NEVER = "never"
    RUNNING = "running"
    STALLED = "stalled"
    FAILED = "failed"
    CLEAN = "clean"
    REPAIRED = "repaired"
    FOUND = "found"


@dataclass(frozen=True)
class RepairedStat:
    """How many numbers of one kind a verification repaired.

    :param stat: the stat's name; ``label`` is what pages call it.
    :param is_per_game: whether these were numbers in one game.
    """

    stat: str
    label: str
    is_per_game: bool
    count: int


@dataclass(frozen=True)
class Verification:
    """One verification of everybody's numbers.

    :param state: never ``NEVER``.
    :param is_dry_run: whether it was asked to repair nothing.
    :param finished_at: ``None`` while it runs, and when it was stopped.
    :param faults: why numbers drifted or could drift, each a sentence.
    """

    state: IntegrityState
    started_at: datetime
    finished_at: datetime | None
    is_dry_run: bool
    numbers_checked: int
    numbers_drifted: int
    numbers_repaired: int
    repaired: tuple[RepairedStat, ...]
    faults: tuple[str, ...] = ()

    @property
    def seconds(self) -> float | None:
        """Return how many seconds the run took."""
        return (self.finished_at - self.started_at).total_seconds() if self.finished_at else None


@dataclass(frozen=True)
class IntegrityPage:
    """The verifications of all numbers.

    :param state: of the latest verification.
    :param latest: the latest verification, finished or not.
    :param finished: the latest that finished without an error; ``None`` when none has.
    :param runs: all of them, newest first.
    """

    state: IntegrityState
    latest: Verification | None
    finished: Verification | None
    runs: Page[Verification]


def list_trigger_faults() -> list[str]:
    """Return what is wrong now with the triggers that keep the numbers, each a sentence.

    Cheap, for health checks. ``manage.py migrate`` puts each of them right.
    """
    return find_faults_quickly(connection)


def get_integrity_page(page: str | None = None, *, now: datetime, limit: int = 10) -> IntegrityPage:
    """Return the latest verification of everybody's numbers, and a page of all verifications.

    :param page: the ``next_cursor`` of the page before.
    :param now: needed to know a verification that is running from one that was stopped.
    :raises InvalidInput: for a cursor or limit that cannot be taken.
    """
    everybody = Run.objects.filter(scope="")
    shown = paginate(everybody, listing="integrity", order=("-started_at", "-id"), cursor=page, limit=limit)
    newest = _first(everybody)
    finished = _first(everybody.filter(status__in=[Run.Status.CLEAN, Run.Status.DRIFTED]))
    described = _describe([*(run for run in (newest, finished) if run), *shown.items], now)
    latest = described[newest.pk] if newest else None
    return IntegrityPage(
        state=latest.state if latest else IntegrityState.NEVER,
        latest=latest,
        finished=described[finished.pk] if finished else None,
        runs=shown.with_items(lambda runs: [described[run.pk] for run in runs]),
    )


def _first(runs: QuerySet[Run]) -> Run | None:
    return runs.order_by("-started_at", "-id").first()


def _describe(runs: Sequence[Run], now: datetime) -> dict[int, Verification]:
    repairs = _count_repairs({run.pk for run in runs})
    return {run.pk: _verification(run, tuple(repairs.get(run.pk, ())), now) for run in runs}


def _verification(run: Run, repaired: tuple[RepairedStat, ...], now: datetime) -> Verification:
    return Verification(
        state=_state_of(run, now),
        started_at=run.started_at,
        finished_at=run.finished_at,
        is_dry_run=run.dry_run,
        numbers_checked=run.numbers_checked,
        numbers_drifted=run.numbers_drifted,
        numbers_repaired=run.numbers_repaired,
        repaired=repaired,
        faults=tuple(run.faults),
    )


def _state_of(run: Run, now: datetime) -> IntegrityState:
    if run.status == Run.Status.RUNNING:
        return IntegrityState.STALLED if _was_stopped(run, now) else IntegrityState.RUNNING
    if run.status == Run.Status.DRIFTED:
        return IntegrityState.FOUND if run.dry_run else IntegrityState.REPAIRED
    return IntegrityState.FAILED if run.status == Run.Status.FAILED else IntegrityState.CLEAN


def _was_stopped(run: Run, now: datetime) -> bool:
    """Return whether nobody works on a run that is recorded as running; a job says so itself."""
    if run.cause == CAUSE:
        return not is_running(JOB, now)
    return now - run.started_at > LONGEST_RUN


def _count_repairs(runs: set[int]) -> dict[int, list[RepairedStat]]:
    """Run → the stats it repaired, the most often repaired first."""
    repairs = Repair.objects.filter(run_id__in=runs).values_list("run_id", "holder", "stat")
    counted = repairs.annotate(count=Count("pk"))
    by_run: dict[int, list[RepairedStat]] = {}
    for run, holder, stat, count in counted.order_by("run_id", "-count", "holder", "stat"):
        by_run.setdefault(run, []).append(
            RepairedStat(stat, _label_of(holder, stat), holder == GameStats._meta.label, count),
        )
    return by_run


def _label_of(holder: str, stat: str) -> str:
    """Return the label of a stat; its name, when it is no longer declared."""
    try:
        return str(getattr(apps.get_model(holder)._meta.get_field(stat), "label", stat))
    except (LookupError, FieldDoesNotExist):
        return stat
