"""The pages about following: who follows a player, and whom the player follows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from deltacrown.accounts.models import User
from deltacrown.core.pagination import Page
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.people import follows
from deltacrown.user_profile.people.addresses import get_player
from deltacrown.user_profile.people.follows import FollowEntry
from deltacrown.user_profile.privacy import Viewer
from django_tally.transactions import atomic_service


@dataclass(frozen=True)
class FollowsPage:
    """The followers of a player, or the players that player follows."""

    profile: UserProfile
    found: Page[FollowEntry]


def get_followers_page(public_id: str, page: str | None, *, limit: int = 20, viewer: Viewer) -> FollowsPage:
    """Return who follows a player.

    :raises HistoryHidden: the viewer is neither the player nor staff.
    """
    profile = get_player(public_id, viewer=viewer)
    return FollowsPage(profile, follows.list_followers(profile.user, viewer, page, limit=limit))


def get_following_page(public_id: str, page: str | None, *, limit: int = 20, viewer: Viewer) -> FollowsPage:
    """Return whom a player follows.

    :raises HistoryHidden: the viewer is neither the player nor staff.
    """
    profile = get_player(public_id, viewer=viewer)
    return FollowsPage(profile, follows.list_following(profile.user, viewer, page, limit=limit))


@atomic_service
def set_following(*, follower: User, public_id: str, following: bool, now: datetime) -> UserProfile:
    """Record whether ``follower`` follows the player with this public id. Return that player's profile.

    :raises NotFound: there is no such player.
    :raises CannotFollowSelf: it is the follower.
    """
    profile = get_player(public_id, viewer=follower)
    if following:
        follows.follow(follower=follower, followed=profile.user, now=now)
    else:
        follows.unfollow(follower=follower, followed=profile.user)
    return profile
