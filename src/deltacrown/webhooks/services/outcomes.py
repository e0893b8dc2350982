"""Record what became of an attempt, and when the next one is."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from deltacrown.webhooks import listening
from deltacrown.webhooks.models import WebhookDelivery, WebhookEndpoint
from deltacrown.webhooks.sending import Answer
from django_tally.transactions import atomic_service

#: How long is waited after each attempt that failed; after the last one an event is given up.
WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
ATTEMPTS = 1 + len(WAITS)
#: The answer of an endpoint that wants nothing any more.
GONE = 410
SKIPPED_BECAUSE = "A visitor does not see it, or there is nothing any more."
STOPPED_BECAUSE = "It answered 410: it wants nothing any more."

Status = WebhookDelivery.Status
#: The columns that an outcome writes.
OUTCOME = (
    "status",
    "attempts",
    "attempted_at",
    "finished_at",
    "due_at",
    "response_code",
    "duration_ms",
    "error",
)


@atomic_service
def record_answer(*, delivery: WebhookDelivery, answer: Answer, now: datetime) -> Status:
    """Record an attempt at ``now``; return what the delivery is then.

    An endpoint that answers 410 is switched off, and what waited for it is given up.
    """
    delivery.attempts += 1
    delivery.attempted_at = now
    delivery.response_code, delivery.duration_ms = answer.code, answer.duration_ms
    delivery.error = answer.error
    if answer.is_taken:
        delivery.status, delivery.finished_at = Status.DELIVERED, now
    elif answer.code == GONE or delivery.attempts >= ATTEMPTS:
        delivery.status, delivery.finished_at = Status.DEAD, now
    else:
        wait = max(WAITS[delivery.attempts - 1], timedelta(seconds=answer.wait_seconds))
        delivery.due_at = now + wait
    _save(delivery)
    if answer.code == GONE:
        _stop(endpoint_id=delivery.endpoint_id, now=now)
    return Status(delivery.status)


@atomic_service
def record_skipped(*, delivery: WebhookDelivery, now: datetime) -> None:
    """Record that an event is not told, as a visitor does not see it."""
    delivery.status, delivery.finished_at, delivery.error = Status.SKIPPED, now, SKIPPED_BECAUSE
    _save(delivery)


def _save(delivery: WebhookDelivery) -> None:
    """Write the outcome, unless the delivery ended meanwhile, or was deleted with its endpoint."""
    rows = WebhookDelivery.objects.filter(pk=delivery.pk, status=Status.PENDING)
    rows.update(**{name: getattr(delivery, name) for name in OUTCOME})


def _stop(*, endpoint_id: int, now: datetime) -> None:
    WebhookEndpoint.objects.filter(pk=endpoint_id).update(is_active=False, stopped_because=STOPPED_BECAUSE)
    waiting = WebhookDelivery.objects.filter(endpoint=endpoint_id, status=Status.PENDING)
    waiting.update(status=Status.DEAD, finished_at=now, error=STOPPED_BECAUSE)
    transaction.on_commit(listening.forget)
