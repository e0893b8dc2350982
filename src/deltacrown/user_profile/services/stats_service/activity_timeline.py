"""A player's timeline of major events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from deltacrown.accounts.models import User
from deltacrown.core.pagination import Order, Page, check_limit, paginate
from deltacrown.user_profile.models import UserActivity
from deltacrown.user_profile.services.privacy_service import Viewer, filter_activity_by_visibility

ORDER: Order = ("-created_at", "-id")


@dataclass(frozen=True)
class ActivityEntry:
    """One event of a timeline; ``metadata`` holds what a page needs to link to it."""

    activity_type: UserActivity.Type
    description: str
    metadata: dict[str, Any]
    visibility: UserActivity.Visibility
    created_at: datetime


def get_activity_timeline(user: User, viewer: Viewer = None, page: str | None = None, *, limit: int = 10) -> Page[ActivityEntry]:
    """Return a page of the events of ``user`` that ``viewer`` may see, latest first.

    :param limit: 1 to 50.
    :raises InvalidInput: for a cursor or limit that cannot be taken.
    """
    check_limit(limit)
    visible = filter_activity_by_visibility(UserActivity.objects.filter(user=user), viewer)
    found = paginate(visible, listing=f"activity/{user.pk}", order=ORDER, cursor=page, limit=limit)
    return found.with_items(_entries)


def _entries(rows: Sequence[UserActivity]) -> list[ActivityEntry]:
    return [
        ActivityEntry(
            activity_type=UserActivity.Type(row.activity_type),
            description=row.description,
            metadata=row.metadata,
            visibility=UserActivity.Visibility(row.visibility),
            created_at=row.created_at,
        )
        for row in rows
    ]
