"""Blocking: neither of the two follows the other, and the one who is blocked is not told.

Whom a player blocks is shown to that player and to staff only. Whoever is blocked still sees what is public.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext

from deltacrown.accounts.models import User
from deltacrown.core.errors import Conflict, InvalidInput
from deltacrown.core.inputs import check_past
from deltacrown.core.pagination import Order, Page, paginate
from deltacrown.user_profile.models import Block, Follow, UserProfile
from deltacrown.user_profile.people.addresses import profile_of
from deltacrown.user_profile.privacy import Viewer, is_self, require_follows
from django_tally.transactions import atomic_service

BY_DATE: Order = ("-created_at", "-id")


class CannotBlockSelf(InvalidInput):
    """A player tried to block themselves."""


class MayNotFollow(Conflict):
    """One of the two blocks the other."""


@dataclass(frozen=True)
class BlockEntry:
    """A player who is blocked, and since when."""

    profile: UserProfile
    since: datetime


@atomic_service
def block_player(*, blocker: User, blocked: User, now: datetime) -> bool:
    """Record that one player blocks another from ``now`` on. Return False if that was so already.

    A database trigger ends the follows between the two, in both directions.

    :raises CannotBlockSelf: both are the same player.
    :raises InvalidInput: ``now`` has no time zone, or is in the future.
    """
    check_past(now, field="now")
    if blocker.pk == blocked.pk:
        raise CannotBlockSelf(gettext("You cannot block yourself; name another player."), field="player")
    _, is_new = Block.objects.get_or_create(blocker=blocker, blocked=blocked, defaults={"created_at": now})
    return is_new


@atomic_service
def unblock_player(*, blocker: User, blocked: User) -> bool:
    """Delete the record that one player blocks another. Return False if there was none.

    The follows that the block ended stay ended.
    """
    deleted, _ = Block.objects.filter(blocker=blocker, blocked=blocked).delete()
    return bool(deleted)


@atomic_service
def remove_follower(*, followed: User, follower: User) -> bool:
    """End that a player is followed by another, who may follow again. Return False if they were not."""
    deleted, _ = Follow.objects.filter(follower=follower, followed=followed).delete()
    return bool(deleted)


def require_unblocked(*, follower: User, followed: User) -> None:
    """Refuse a follow while one of the two blocks the other. Only who blocks is told of it.

    :raises MayNotFollow: one does.
    """
    either = Q(blocker=follower, blocked=followed) | Q(blocker=followed, blocked=follower)
    blockers = set(Block.objects.filter(either).values_list("blocker_id", flat=True))
    if follower.pk in blockers:
        message = gettext("You blocked %(name)s; unblock them first, then follow them.")
        raise MayNotFollow(message % {"name": followed.shown_name}, field="player")
    if blockers:
        message = gettext("You cannot follow this player. You still see all that is public.")
        raise MayNotFollow(message, field="player")


def find_blocked(users: Iterable[User], *, among: Iterable[User]) -> set[int]:
    """Return the keys of those of ``users`` between whom and one of ``among`` a block stands, by either."""
    ours, theirs = {user.pk for user in users}, {user.pk for user in among}
    either = Q(blocker__in=ours, blocked__in=theirs) | Q(blocker__in=theirs, blocked__in=ours)
    pairs = Block.objects.filter(either).values_list("blocker_id", "blocked_id")
    return {key for pair in pairs for key in pair} & ours


def is_unblocked(by: User, user: str) -> Q:
    """Return the condition on rows that ``by`` does not block the player whom the column ``user`` names."""
    return ~Q(Exists(Block.objects.filter(blocker=by, blocked=OuterRef(user))))


def get_blocking(viewer: Viewer, owner: User) -> bool | None:
    """Return whether ``viewer`` blocks ``owner``; None for visitors and for the player themselves."""
    if viewer is None or not viewer.is_authenticated or not viewer.is_active or is_self(viewer, owner):
        return None
    return Block.objects.filter(blocker_id=viewer.pk, blocked=owner).exists()


def list_blocked(
    owner: User, viewer: Viewer, page: str | None = None, *, limit: int = 20
) -> Page[BlockEntry]:
    """Return a page of the players whom ``owner`` blocks, the latest first.

    :raises HistoryHidden: the viewer is neither the player nor staff.
    """
    require_follows(owner, viewer)
    rows = Block.objects.filter(blocker=owner).select_related("blocked__profile")
    found = paginate(rows, listing=f"blocked/{owner.pk}", order=BY_DATE, cursor=page, limit=limit)
    return found.with_items(
        lambda rows: [BlockEntry(profile_of(row.blocked), row.created_at) for row in rows]
    )
