"""What the pages on following, on hiding and on verification show and do, each put together in one call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from deltacrown.accounts.models import User
from deltacrown.core.pagination import Page
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.people import follows
from deltacrown.user_profile.people.follows import FollowEntry
from deltacrown.user_profile.people.search import get_player
from deltacrown.user_profile.privacy import Viewer
from django_tally.transactions import atomic_service


@dataclass(frozen=True)
class FollowsPage:
    """Who follows a player, or whom the player follows."""

    profile: UserProfile
    found: Page[FollowEntry]


def get_followers_page(public_id: str, page: str | None, *, viewer: Viewer) -> FollowsPage:
    """Who follows a player, for the player and staff."""
    profile = get_player(public_id)
    return FollowsPage(profile, follows.list_followers(profile.user, viewer, page))


def get_following_page(public_id: str, page: str | None, *, viewer: Viewer) -> FollowsPage:
    """Whom a player follows, for the player and staff."""
    profile = get_player(public_id)
    return FollowsPage(profile, follows.list_following(profile.user, viewer, page))


@atomic_service
def set_following(*, follower: User, public_id: str, following: bool, now: datetime) -> UserProfile:
    """Follow the player addressed by ``public_id``, or follow them no longer; return the player.

    :raises NotFound: there is no such player.
    :raises CannotFollowSelf: it is the follower.
    """
    profile = get_player(public_id)
    if following:
        follows.follow(follower=follower, followed=profile.user, now=now)
    else:
        follows.unfollow(follower=follower, followed=profile.user)
    return profile
