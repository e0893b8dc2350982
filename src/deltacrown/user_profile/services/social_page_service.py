"""What the pages on following, on hiding and on verification show and do, each put together in one call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from deltacrown.accounts.models import User
from deltacrown.core.pagination import Page
from deltacrown.core.transactions import atomic_service
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.services import follow_service
from deltacrown.user_profile.services.follow_service import FollowEntry
from deltacrown.user_profile.services.player_page_service import get_player
from deltacrown.user_profile.services.privacy_service import Viewer


@dataclass(frozen=True)
class FollowsPage:
    """Who follows a player, or whom the player follows."""

    profile: UserProfile
    found: Page[FollowEntry]


def get_followers_page(public_id: str, page: str | None, *, viewer: Viewer) -> FollowsPage:
    """Who follows a player, for the player and staff."""
    profile = get_player(public_id)
    return FollowsPage(profile, follow_service.list_followers(profile.user, viewer, page))


def get_following_page(public_id: str, page: str | None, *, viewer: Viewer) -> FollowsPage:
    """Whom a player follows, for the player and staff."""
    profile = get_player(public_id)
    return FollowsPage(profile, follow_service.list_following(profile.user, viewer, page))


@atomic_service
def set_following(*, follower: User, public_id: str, following: bool, now: datetime) -> UserProfile:
    """Follow the player addressed by ``public_id``, or follow them no longer; return the player.

    :raises NotFound: there is no such player.
    :raises CannotFollowSelf: it is the follower.
    """
    profile = get_player(public_id)
    if following:
        follow_service.follow(follower=follower, followed=profile.user, now=now)
    else:
        follow_service.unfollow(follower=follower, followed=profile.user)
    return profile
