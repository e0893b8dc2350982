"""Gauges of webhooks: what waits, and what was given up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from deltacrown.core.metrics.gauges import GaugeFamily, Reading, register_gauges
from deltacrown.webhooks.models import WebhookDelivery, WebhookEvent

WAITING = GaugeFamily(
    "deltacrown_webhooks_waiting", "Events that are not planned yet, and deliveries that wait."
)
DEAD = GaugeFamily("deltacrown_webhooks_dead", "Deliveries of the last 30 days that were given up.")


def register() -> None:
    """Add them to the metrics."""
    register_gauges([WAITING, DEAD], _read_deliveries)


def _read_deliveries(_now: datetime) -> Mapping[str, Reading]:
    status = WebhookDelivery.Status
    unplanned = WebhookEvent.objects.filter(is_planned=False).count()
    return {
        WAITING.name: unplanned + WebhookDelivery.objects.filter(status=status.PENDING).count(),
        DEAD.name: WebhookDelivery.objects.filter(status=status.DEAD).count(),
    }
