"""Delete notifications that nobody needs any more."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from deltacrown.notifications.models import Notification
from django_tally.transactions import atomic_service

#: How long a notification is kept after it was read, and how long one that nobody reads.
READ_KEPT_FOR, UNREAD_KEPT_FOR = timedelta(days=90), timedelta(days=365)
BATCH = 1_000


def delete_old_notifications(*, now: datetime) -> int:
    """Delete what was read 90 days ago, and what was told a year ago and not read. Return how many.

    A thousand at a time, each in a transaction of its own.
    """
    deleted = 0
    while removed := _delete_batch(now=now):
        deleted += removed
    return deleted


@atomic_service
def _delete_batch(*, now: datetime) -> int:
    read = Q(read_at__lt=now - READ_KEPT_FOR)
    unread = Q(read_at__isnull=True, told_at__lt=now - UNREAD_KEPT_FOR)
    for old in (read, unread):
        keys = list(Notification.objects.filter(old).order_by("pk").values_list("pk", flat=True)[:BATCH])
        if keys:
            return Notification.objects.filter(pk__in=keys).delete()[0]
    return 0
