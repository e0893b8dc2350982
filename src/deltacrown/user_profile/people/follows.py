"""Following: who follows whom, and who may see it.

Whom a player follows, and who follows them, is shown to that player and to staff only: it is not among the
things that are always public.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput
from deltacrown.core.inputs import check_past
from deltacrown.core.pagination import Order, Page, paginate
from deltacrown.user_profile.models import Follow, UserProfile
from deltacrown.user_profile.people.addresses import profile_of
from deltacrown.user_profile.people.blocks import require_unblocked
from deltacrown.user_profile.privacy import Viewer, is_self, require_follows
from deltacrown.user_profile.signals import player_followed
from deltacrown.user_profile.standing import is_listed, require_good_standing
from django_tally.transactions import atomic_service

BY_DATE: Order = ("-created_at", "-id")


class CannotFollowSelf(InvalidInput):
    """A player tried to follow themselves."""


@dataclass(frozen=True)
class FollowEntry:
    """A player who follows, or is followed, and since when."""

    profile: UserProfile
    since: datetime


@atomic_service
def follow(*, follower: User, followed: User, now: datetime) -> bool:
    """Record that one player follows another from ``now`` on. Return False if that was so already.

    :raises CannotFollowSelf: both are the same player.
    :raises Suspended: the follower is suspended.
    :raises InvalidInput: ``now`` has no time zone, or is in the future.
    :raises MayNotFollow: one of them blocks the other.
    """
    check_past(now, field="now")
    if follower.pk == followed.pk:
        raise CannotFollowSelf(
            gettext("You cannot follow yourself; your own timeline is on your profile."), field="player"
        )
    require_good_standing(follower, now)
    require_unblocked(follower=follower, followed=followed)
    row, is_new = Follow.objects.get_or_create(
        follower=follower, followed=followed, defaults={"created_at": now}
    )
    if is_new:
        player_followed.send(Follow, follow=row)
    return is_new


@atomic_service
def unfollow(*, follower: User, followed: User) -> bool:
    """Delete the record that one player follows another. Return False if there was none."""
    deleted, _ = Follow.objects.filter(follower=follower, followed=followed).delete()
    return bool(deleted)


def get_following(viewer: Viewer, owner: User) -> bool | None:
    """Return whether ``viewer`` follows ``owner``; None for visitors and for the player themselves."""
    if viewer is None or not viewer.is_authenticated or not viewer.is_active or is_self(viewer, owner):
        return None
    return Follow.objects.filter(follower_id=viewer.pk, followed=owner).exists()


def list_circle(user: User) -> QuerySet[User]:
    """Return the players whom ``user`` follows, and ``user``."""
    return list_circle_of(user.pk)


def list_circle_of(user: Any) -> QuerySet[User]:
    """As ``list_circle``, of the id of a user, or a parameter that stands for it."""
    followed = Follow.objects.filter(follower=user).values("followed")
    return User.objects.filter(Q(pk=user) | Q(pk__in=followed))


def list_followers(
    owner: User, viewer: Viewer, page: str | None = None, *, limit: int = 20
) -> Page[FollowEntry]:
    """Return a page of the listed players who follow ``owner``, the latest first.

    :raises HistoryHidden: the viewer is neither the player nor staff.
    """
    require_follows(owner, viewer)
    followers = Follow.objects.filter(is_listed("follower__profile"), followed=owner)
    rows = followers.select_related("follower__profile")
    found = paginate(rows, listing=f"followers/{owner.pk}", order=BY_DATE, cursor=page, limit=limit)
    return found.with_items(
        lambda rows: [FollowEntry(profile_of(row.follower), row.created_at) for row in rows],
    )


def list_following(
    owner: User, viewer: Viewer, page: str | None = None, *, limit: int = 20
) -> Page[FollowEntry]:
    """Return a page of the listed players whom ``owner`` follows, the latest first.

    :raises HistoryHidden: the viewer is neither the player nor staff.
    """
    require_follows(owner, viewer)
    followed = Follow.objects.filter(is_listed("followed__profile"), follower=owner)
    rows = followed.select_related("followed__profile")
    found = paginate(rows, listing=f"following/{owner.pk}", order=BY_DATE, cursor=page, limit=limit)
    return found.with_items(
        lambda rows: [FollowEntry(profile_of(row.followed), row.created_at) for row in rows],
    )
