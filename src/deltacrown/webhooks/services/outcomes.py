"""Record what became of an attempt, and when the next one is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

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


def record_answers(answers: Sequence[tuple[WebhookDelivery, Answer]], *, now: datetime) -> list[Status]:
    """Record attempts that ended at ``now``, in one transaction; return what each delivery is then.

    An endpoint that answers 410 is switched off, and what waited for it is given up.
    """
    # not atomic: the transaction may run twice, and what is in hand changes once, after it
    outcomes = [(delivery, _decide(delivery, answer, now)) for delivery, answer in answers]
    _write(outcomes, now=now)
    for delivery, outcome in outcomes:
        for name, value in outcome.items():
            setattr(delivery, name, value)
    return [Status(delivery.status) for delivery, _ in outcomes]


def _decide(delivery: WebhookDelivery, answer: Answer, now: datetime) -> dict[str, Any]:
    """Return the columns of a delivery after an attempt."""
    outcome: dict[str, Any] = {
        "status": Status.PENDING,
        "attempts": delivery.attempts + 1,
        "attempted_at": now,
        "response_code": answer.code,
        "duration_ms": answer.duration_ms,
        "error": answer.error,
    }
    if answer.is_taken:
        return {**outcome, "status": Status.DELIVERED, "finished_at": now}
    if answer.code == GONE or outcome["attempts"] >= ATTEMPTS:
        return {**outcome, "status": Status.DEAD, "finished_at": now}
    wait = max(WAITS[delivery.attempts], timedelta(seconds=answer.wait_seconds))
    return {**outcome, "due_at": now + wait}


@atomic_service
def _write(outcomes: Sequence[tuple[WebhookDelivery, dict[str, Any]]], *, now: datetime) -> None:
    for delivery, outcome in outcomes:
        _save(delivery, outcome)
        if outcome["response_code"] == GONE:
            _stop(endpoint_id=delivery.endpoint_id, now=now)


def record_skipped(*, delivery: WebhookDelivery, now: datetime) -> None:
    """Record that an event is not told, as a visitor does not see it."""
    # not atomic: one statement
    _save(delivery, {"status": Status.SKIPPED, "finished_at": now, "error": SKIPPED_BECAUSE})
    delivery.status, delivery.finished_at = Status.SKIPPED, now


def _save(delivery: WebhookDelivery, outcome: dict[str, Any]) -> None:
    """Write the outcome, unless the delivery ended meanwhile, or was deleted with its endpoint."""
    WebhookDelivery.objects.filter(pk=delivery.pk, status=Status.PENDING).update(**outcome)


def _stop(*, endpoint_id: int, now: datetime) -> None:
    WebhookEndpoint.objects.filter(pk=endpoint_id).update(is_active=False, stopped_because=STOPPED_BECAUSE)
    waiting = WebhookDelivery.objects.filter(endpoint=endpoint_id, status=Status.PENDING)
    waiting.update(status=Status.DEAD, finished_at=now, error=STOPPED_BECAUSE)
    transaction.on_commit(listening.forget)
