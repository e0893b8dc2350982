"""Let one worker at a time deliver to an endpoint: only so its events stay in order."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from deltacrown.webhooks.models import WebhookDelivery, WebhookEndpoint
from django_tally.transactions import atomic_service

#: A worker that has not renewed its claim for so long is dead. No attempt takes nearly as long.
LEASE = timedelta(minutes=2)

_DUE = WebhookDelivery.objects.filter(endpoint=OuterRef("pk"), status=WebhookDelivery.Status.PENDING)


@atomic_service
def claim_endpoints(*, worker: str, now: datetime) -> list[WebhookEndpoint]:
    """Claim the active endpoints for which something is due, and that no other worker has."""
    is_free = Q(claimed_until__isnull=True) | Q(claimed_until__lt=now)
    free = WebhookEndpoint.objects.filter(is_free, Exists(_DUE.filter(due_at__lte=now)), is_active=True)
    wanted = list(free.order_by("pk").values_list("pk", flat=True))
    if not wanted:
        return []
    # The condition again: another worker may have been faster.
    claimed = WebhookEndpoint.objects.filter(is_free, pk__in=wanted, is_active=True)
    claimed.update(claimed_by=worker, claimed_until=now + LEASE)
    return list(WebhookEndpoint.objects.filter(pk__in=wanted, claimed_by=worker).order_by("pk"))


@atomic_service
def renew_claim(*, endpoint: WebhookEndpoint, worker: str, now: datetime) -> WebhookEndpoint | None:
    """Renew a claim and return the endpoint as it is now; None where it is another's, off, or deleted."""
    held = WebhookEndpoint.objects.filter(pk=endpoint.pk, claimed_by=worker, is_active=True)
    return held.first() if held.update(claimed_until=now + LEASE) else None


@atomic_service
def release_endpoints(*, worker: str) -> None:
    """Give back what a worker claimed."""
    held = WebhookEndpoint.objects.filter(claimed_by=worker)
    held.update(claimed_by="", claimed_until=None)
