"""Gauges of what keeps the numbers: the latest verification, and what waits to be counted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from deltacrown.core.metrics.gauges import GaugeFamily, Reading, register_gauges
from deltacrown.user_profile.models import RankChange
from django_tally.models import Run

VERIFIED = GaugeFamily(
    "deltacrown_verified_timestamp_seconds",
    "When the latest verification of everybody's numbers ended, in seconds since 1970.",
)
DRIFTED = GaugeFamily(
    "deltacrown_drifted_numbers", "Numbers that the latest verification found different from their rows."
)
REPAIRED = GaugeFamily("deltacrown_repaired_numbers", "Numbers that it repaired.")
FAULTS = GaugeFamily(
    "deltacrown_drift_faults", "Reasons it found why numbers can drift: triggers, rows of nobody."
)
WAITING = GaugeFamily(
    "deltacrown_rank_changes_waiting", "Writes to what ranks players that count-ranks has not counted yet."
)


def register() -> None:
    """Add them to the metrics."""
    register_gauges([VERIFIED, DRIFTED, REPAIRED, FAULTS], _read_verification)
    register_gauges([WAITING], lambda _now: {WAITING.name: RankChange.objects.count()})


def _read_verification(_now: datetime) -> Mapping[str, Reading]:
    finished = Run.objects.filter(scope="", status__in=[Run.Status.CLEAN, Run.Status.DRIFTED])
    run = finished.exclude(finished_at=None).order_by("-started_at", "-pk").first()
    if run is None or run.finished_at is None:
        return {}
    return {
        VERIFIED.name: run.finished_at.timestamp(),
        DRIFTED.name: run.numbers_drifted,
        REPAIRED.name: run.numbers_repaired,
        FAULTS.name: len(run.faults),
    }
