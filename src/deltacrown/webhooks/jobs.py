"""The scheduled jobs of webhooks (``config/schedule.py``)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

from deltacrown.webhooks.services import delete_old_events, deliver_webhooks


def deliver_due_webhooks(*, clock: Callable[[], datetime]) -> dict[str, object]:
    """Send what endpoints are to be told, and try again what is due again; return the figures."""
    return asdict(deliver_webhooks(clock=clock))


def prune_webhooks(*, clock: Callable[[], datetime]) -> dict[str, object]:
    """Delete events and deliveries that are older than 30 days; return how many events."""
    return {"deleted": delete_old_events(now=clock())}
