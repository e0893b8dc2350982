"""Read a player's timeline of major events, live and archived."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from deltacrown.accounts.models import User
from deltacrown.core.pagination import Order, Page, check_limit, paginate
from deltacrown.user_profile.models import ActivityRow, ArchivedUserActivity, UserActivity
from deltacrown.user_profile.privacy import Viewer, filter_activity_by_visibility, is_self
from deltacrown.user_profile.timeline.hiding import is_hidden, write_handle
from deltacrown.user_profile.timeline.kinds import KINDS

ORDER: Order = ("-created_at", "-id")


@dataclass(frozen=True)
class ActivityEntry:
    """One event of a timeline; ``metadata`` holds what a page needs to link to it.

    :param hidden: its player has hidden it.
    :param handle: names it to its player, to hide it or show it again; empty for everybody else.
    """

    activity_type: str
    description: str
    metadata: dict[str, Any]
    visibility: ActivityRow.Visibility
    created_at: datetime
    hidden: bool = False
    handle: str = ""


def get_activity_timeline(
    user: User,
    viewer: Viewer = None,
    page: str | None = None,
    *,
    limit: int = 10,
) -> Page[ActivityEntry]:
    """Return a page of the events of ``user`` that ``viewer`` may see, latest first.

    :param limit: 1 to 50.
    :raises InvalidInput: for a cursor or limit that cannot be taken.
    """
    check_limit(limit)
    live = filter_activity_by_visibility(UserActivity.objects.filter(user=user), viewer)
    archived = filter_activity_by_visibility(ArchivedUserActivity.objects.filter(user=user), viewer)
    found = paginate([live, archived], listing=f"activity/{user.pk}", order=ORDER, cursor=page, limit=limit)
    own = is_self(viewer, user)
    return found.with_items(lambda rows: describe_entries(rows, own=own))


def describe_entries(rows: Iterable[ActivityRow], *, own: bool = False) -> list[ActivityEntry]:
    """Turn rows into entries; with ``own`` for the player they are about."""
    return [
        ActivityEntry(
            activity_type=row.activity_type,
            description=row.description,
            metadata=row.metadata,
            visibility=ActivityRow.Visibility(row.visibility),
            created_at=row.created_at,
            hidden=is_hidden(row),
            handle=write_handle(row) if own and not KINDS[row.activity_type].is_private else "",
        )
        for row in rows
    ]
