"""Count the transactions that are run again."""

from __future__ import annotations

from deltacrown.core.metrics.catalogue import RETRIES
from django_tally.transactions import DEADLOCK


def count_retry(*, sqlstate: str, **_: object) -> None:
    """Count one: a receiver of ``transaction_lost``."""
    RETRIES.add("deadlock" if sqlstate == DEADLOCK else "serialisation")
