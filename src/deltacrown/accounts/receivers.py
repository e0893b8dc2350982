"""Keep who acted in the admin: Django's log of it would go with the user."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.models import LogEntry
from django.db.models.signals import pre_delete

from deltacrown.accounts.models import User
from deltacrown.core.deletion import build_refusal


def before_user_deleted(*, instance: User, **_: Any) -> None:
    """Refuse, as foreign keys to facts do.

    :raises InUse: the user has acted in the admin.
    """
    entries = LogEntry.objects.filter(user=instance)
    if entries.exists():
        raise build_refusal(instance, rows=entries)


def connect() -> None:
    """Subscribe; called when the apps are ready."""
    pre_delete.connect(before_user_deleted, sender=User)
