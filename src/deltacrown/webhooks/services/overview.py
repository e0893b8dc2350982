"""How every endpoint fares, with what is wrong in a sentence each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Min, Q

from deltacrown.webhooks.models import WebhookDelivery, WebhookEndpoint

#: What has waited for so long is a problem, before it is given up.
TOO_LONG = timedelta(hours=1)

Status = WebhookDelivery.Status


@dataclass(frozen=True)
class EndpointState:
    """An endpoint, with the figures of the last 30 days.

    :param oldest: when the oldest event that waits happened.
    :param problem: a sentence that says what is wrong, or ``""``.
    """

    endpoint: WebhookEndpoint
    waiting: int
    delivered: int
    dead: int
    latest: datetime | None
    oldest: datetime | None
    problem: str


def list_endpoint_states(*, now: datetime) -> list[EndpointState]:
    """Return the state of every endpoint, in the order in which they were made. One query."""
    pending = Q(deliveries__status=Status.PENDING)
    endpoints = WebhookEndpoint.objects.order_by("pk").annotate(
        waiting=Count("deliveries", filter=pending),
        delivered=Count("deliveries", filter=Q(deliveries__status=Status.DELIVERED)),
        dead=Count("deliveries", filter=Q(deliveries__status=Status.DEAD)),
        latest=Max("deliveries__finished_at", filter=Q(deliveries__status=Status.DELIVERED)),
        oldest=Min("deliveries__event__written_at", filter=pending),
    )
    return [_describe(endpoint, now) for endpoint in endpoints]


def _describe(row: WebhookEndpoint, now: datetime) -> EndpointState:
    figures = {name: getattr(row, name) for name in ("waiting", "delivered", "dead", "latest", "oldest")}
    problem = ""
    if row.stopped_because:
        problem = f"It is off. {row.stopped_because}"
    elif figures["dead"]:
        problem = f"{figures['dead']:,} events were given up; redeliver_webhooks sends them again."
    elif row.is_active and figures["oldest"] and figures["oldest"] < now - TOO_LONG:
        problem = f"{figures['waiting']:,} events wait, the oldest since {figures['oldest']:%Y-%m-%d %H:%M}."
    return EndpointState(row, **figures, problem=problem)
