from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from deltacrown.core.admin import ReadOnlyAdmin
from deltacrown.core.admin_search import Kind
from deltacrown.notifications.models import Notification, NotificationChoice
from deltacrown.user_profile import privacy


class _HiddenAdmin(ReadOnlyAdmin):
    """For staff who may see what players hide."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return privacy.sees_hidden(request.user)


@admin.register(Notification)
class NotificationAdmin(_HiddenAdmin):
    """What players are told."""

    list_display = ["user", "kind", "happened_at", "told_at", "read_at", "mailed_at"]
    found_by = {"user": Kind.PLAYER}
    ordering = ["-id"]


@admin.register(NotificationChoice)
class NotificationChoiceAdmin(_HiddenAdmin):
    """How players want to be told."""

    list_display = ["user", "kind", "on_site", "mail_since"]
    found_by = {"user": Kind.PLAYER}
    ordering = ["-id"]
