"""Decide which endpoints an event is for: a delivery for each."""

from __future__ import annotations

from datetime import datetime

from deltacrown.core.inserts import insert_rows
from deltacrown.webhooks.models import WebhookDelivery, WebhookEndpoint, WebhookEvent
from django_tally.transactions import atomic_service

BATCH = 1_000


def plan_events(*, now: datetime) -> int:
    """Plan the deliveries of all events that have none yet; return how many events it were.

    Batches of a thousand, each in a transaction of its own.
    """
    # not atomic: commits in batches
    planned = 0
    while batch := _plan_batch(now=now):
        planned += batch
    return planned


@atomic_service
def _plan_batch(*, now: datetime) -> int:
    """Plan the oldest events.

    Two workers take turns: were a later event planned before an earlier one, it could be sent before it.
    """
    events = list(
        WebhookEvent.objects.select_for_update(no_key=True)
        .filter(is_planned=False)
        .order_by("pk")
        .only("kind", "written_at")[:BATCH]
    )
    if not events:
        return 0
    endpoints = list(WebhookEndpoint.objects.filter(is_active=True).order_by("pk"))
    deliveries = [
        WebhookDelivery(endpoint=endpoint, event=event, due_at=now)
        for event in events
        for endpoint in endpoints
        if event.written_at >= endpoint.starts_at and (not endpoint.kinds or event.kind in endpoint.kinds)
    ]
    if deliveries:
        insert_rows(deliveries)
    WebhookEvent.objects.filter(pk__in=[event.pk for event in events]).update(is_planned=True)
    return len(events)
