"""Deliver again, at the wish of a person."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from deltacrown.core.errors import Conflict
from deltacrown.webhooks.models import WebhookDelivery
from django_tally.transactions import atomic_service

Status = WebhookDelivery.Status


class NothingToRedeliver(Conflict):
    """No delivery that has ended was named."""


@atomic_service
def redeliver(*, deliveries: QuerySet[Any], now: datetime) -> int:
    """Let deliveries that have ended be tried anew, with the same ids; return how many.

    What a visitor does not see is not told now either.

    :raises NothingToRedeliver: none of them has ended: what waits is delivered by itself.
    """
    ended = deliveries.exclude(status=Status.PENDING)
    count = WebhookDelivery.objects.filter(pk__in=ended.values("pk")).update(
        status=Status.PENDING, attempts=0, due_at=now, finished_at=None, error=""
    )
    if not count:
        message = "There is nothing to deliver again; what still waits is delivered by itself."
        raise NothingToRedeliver(message)
    return count
