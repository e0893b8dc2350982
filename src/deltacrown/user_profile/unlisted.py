"""A rule of privacy: who finds players who are on no list, by the search and by the names in filters."""

from __future__ import annotations

from deltacrown.accounts.rights import Right, has_right
from deltacrown.user_profile.privacy import Viewer, sees_hidden


def sees_unlisted(viewer: Viewer) -> bool:
    """Return whether ``viewer`` finds players who are not listed, in searches and by the names in filters."""
    return sees_hidden(viewer) or has_right(viewer, Right.SUSPEND_PLAYERS)
