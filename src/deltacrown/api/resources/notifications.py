"""What the caller is told."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from ninja import Query

from deltacrown.api.access import OWN, TOLD, caller_of
from deltacrown.api.resource import Resource
from deltacrown.api.shapes import Paging, page_of
from deltacrown.api.shapes.notifications import GivenRead, Notifications, Unread
from deltacrown.core.clock import now
from deltacrown.notifications import services as notifications

resource = Resource("notifications")


@resource.read("/notifications", answers=Notifications, access=OWN)
def list_notifications(request: HttpRequest, query: Query[Paging]) -> Any:
    """What the caller is told, the latest first; reading the list marks nothing as read."""
    member = caller_of(request).member
    found = notifications.list_notifications(member, query.page, limit=query.limit)
    shown = found.with_items(lambda rows: [_describe(each) for each in rows])
    return page_of(shown, unread=notifications.count_unread(member))


@resource.write("POST", "/notifications/read", answers=Unread, access=TOLD, refuses=[404])
def read_notifications(request: HttpRequest, body: GivenRead) -> Any:
    """Mark one notification as read, or everything that was told until now. What is read stays so."""
    member = caller_of(request).member
    if body.notification is None:
        notifications.mark_all_read(user=member, now=now())
    else:
        notifications.open_notification(user=member, handle=body.notification, now=now())
    return {"unread": notifications.count_unread(member)}


def _describe(shown: notifications.ShownNotification) -> dict[str, Any]:
    name, needs = shown.told.page
    return {
        "handle": shown.handle,
        "kind": shown.kind,
        "text": shown.told.text,
        "page": reverse(name, args=needs),
        "happened_at": shown.happened_at,
        "is_read": shown.is_read,
    }
