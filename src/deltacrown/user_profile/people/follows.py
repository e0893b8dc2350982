"""Players follow players, and read what those they follow did.

Whom a player follows, and who follows them, is shown to that player and to staff: it is not on the list of
what is always public, and what is not expressly shown is hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput
from deltacrown.core.inputs import check_moment
from deltacrown.core.pagination import Order, Page, check_limit, paginate
from deltacrown.user_profile.models import Follow, UserActivity, UserProfile
from deltacrown.user_profile.privacy import Viewer, filter_activity_by_visibility, is_self, require_follows
from deltacrown.user_profile.timeline.reading import ActivityEntry, describe_entries
from django_tally.transactions import atomic_service

BY_DATE: Order = ("-created_at", "-id")


class CannotFollowSelf(InvalidInput):
    """A player would follow themselves."""


@dataclass(frozen=True)
class FollowEntry:
    """A player who follows, or is followed, since when."""

    profile: UserProfile
    since: datetime


@dataclass(frozen=True)
class FeedEntry:
    """What happened to a player one follows."""

    profile: UserProfile
    entry: ActivityEntry


@atomic_service
def follow(*, follower: User, followed: User, now: datetime) -> bool:
    """Follow a player from ``now`` on, and return whether that is new; following twice is following once.

    :raises CannotFollowSelf: the two are one.
    :raises InvalidInput: ``now`` has no time zone.
    """
    check_moment(now, field="now")
    if follower.pk == followed.pk:
        raise CannotFollowSelf("You cannot follow yourself; your own timeline is on your profile.", field="player")
    return Follow.objects.get_or_create(follower=follower, followed=followed, defaults={"created_at": now})[1]


@atomic_service
def unfollow(*, follower: User, followed: User) -> bool:
    """Follow a player no longer, and return whether that changed anything."""
    deleted, _ = Follow.objects.filter(follower=follower, followed=followed).delete()
    return bool(deleted)


def get_following(viewer: Viewer, owner: User) -> bool | None:
    """Whether ``viewer`` follows ``owner``; None where they cannot: nobody is signed in, or the two are one."""
    if viewer is None or not viewer.is_authenticated or not viewer.is_active or is_self(viewer, owner):
        return None
    return Follow.objects.filter(follower_id=viewer.pk, followed=owner).exists()


def list_followers(owner: User, viewer: Viewer, page: str | None = None, *, limit: int = 20) -> Page[FollowEntry]:
    """Return a page of the players who follow ``owner``, the latest first.

    :raises HistoryHidden: the viewer is neither the player nor staff.
    """
    require_follows(owner, viewer)
    rows = Follow.objects.filter(followed=owner).select_related("follower__profile")
    found = paginate(rows, listing=f"followers/{owner.pk}", order=BY_DATE, cursor=page, limit=limit)
    return found.with_items(lambda rows: [FollowEntry(_profile_of(row.follower), row.created_at) for row in rows])


def list_following(owner: User, viewer: Viewer, page: str | None = None, *, limit: int = 20) -> Page[FollowEntry]:
    """Return a page of the players ``owner`` follows, the latest first.

    :raises HistoryHidden: the viewer is neither the player nor staff.
    """
    require_follows(owner, viewer)
    rows = Follow.objects.filter(follower=owner).select_related("followed__profile")
    found = paginate(rows, listing=f"following/{owner.pk}", order=BY_DATE, cursor=page, limit=limit)
    return found.with_items(lambda rows: [FollowEntry(_profile_of(row.followed), row.created_at) for row in rows])


def get_home_feed(viewer: User, page: str | None = None, limit: int = 10) -> Page[FeedEntry]:
    """Return a page of what happened to the players ``viewer`` follows, as they may see it, latest first; in one query.

    What has gone to the archive is on the players' own timelines.

    :param limit: 1 to 50.
    :raises InvalidInput: for a cursor or limit that cannot be taken.
    """
    check_limit(limit)
    followed = UserActivity.objects.filter(user__in=Follow.objects.filter(follower=viewer).values("followed"))
    visible = filter_activity_by_visibility(followed, viewer).select_related("user__profile")
    return paginate(visible, listing=f"feed/{viewer.pk}", order=BY_DATE, cursor=page, limit=limit).with_items(_feed_entries)


def _profile_of(user: User) -> UserProfile:
    """A player's profile, fetched along with the player, which Django sets on one side only."""
    profile: UserProfile = user.profile
    profile.user = user
    return profile


def _feed_entries(rows: Sequence[UserActivity]) -> list[FeedEntry]:
    return [FeedEntry(_profile_of(row.user), entry) for row, entry in zip(rows, describe_entries(rows), strict=True)]
