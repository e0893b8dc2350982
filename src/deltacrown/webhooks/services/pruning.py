"""Delete events that are old, whatever became of them."""

from __future__ import annotations

from datetime import datetime, timedelta

from deltacrown.webhooks.models import WebhookEvent
from django_tally.transactions import atomic_service

KEPT_FOR = timedelta(days=30)
BATCH = 1_000


def delete_old_events(*, now: datetime) -> int:
    """Delete what was written 30 days ago, with its deliveries; return how many events.

    A thousand at a time, each in a transaction of its own.
    """
    # not atomic: commits in batches
    deleted = 0
    while batch := _delete_batch(before=now - KEPT_FOR):
        deleted += batch
    return deleted


@atomic_service
def _delete_batch(*, before: datetime) -> int:
    old = WebhookEvent.objects.filter(written_at__lt=before).order_by("written_at")
    keys = list(old.values_list("pk", flat=True)[:BATCH])
    WebhookEvent.objects.filter(pk__in=keys).delete()
    return len(keys)
