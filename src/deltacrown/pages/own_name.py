"""The page on which players rename themselves: how often they may, what it changes, and names they had."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from deltacrown.accounts.models import FormerUsername, User
from deltacrown.accounts.services import (
    RenameAllowance,
    get_rename_allowance,
    list_former_usernames,
    rename_oneself,
)
from deltacrown.core.pagination import Order, Page, paginate
from deltacrown.core.trials import try_out
from deltacrown.user_profile.standing import require_good_standing
from django_tally.transactions import atomic_service

BY_GIVING_UP: Order = ("-given_up_at", "-id")


@dataclass(frozen=True)
class NamePage:
    """What a player is told before they rename themselves.

    :param former: the names that they had, the latest first.
    """

    allowance: RenameAllowance
    former: Page[FormerUsername]


@dataclass(frozen=True)
class NamePreview:
    """What renaming would do.

    :param username: the name as it would be stored.
    :param is_change: whether it is another than the present one.
    :param left: how often the player could rename themselves after it.
    """

    username: str
    is_change: bool
    left: int


def get_name_page(user: User, page: str | None = None, *, now: datetime, limit: int = 20) -> NamePage:
    """Return how often a player may rename themselves, and a page of the names they had. Two queries."""
    former = paginate(
        list_former_usernames(user),
        listing=f"usernames/{user.pk}",
        order=BY_GIVING_UP,
        cursor=page,
        limit=limit,
    )
    return NamePage(get_rename_allowance(user, now=now), former)


def preview_name(*, user: User, username: str, now: datetime) -> NamePreview:
    """Return what ``rename`` would do; nothing is changed.

    :raises DomainError: what it would be refused with.
    """

    def attempt() -> NamePreview:
        renamed = rename(user=user, username=username, now=now)
        is_change = renamed.username != user.username
        left = get_rename_allowance(user, now=now).left
        return NamePreview(renamed.username, is_change, left)

    return try_out(attempt)


@atomic_service
def rename(*, user: User, username: str, now: datetime) -> User:
    """Change a username at the wish of its player; return the user as it is then, and leave ``user`` alone.

    :raises DomainError: as ``rename_oneself``.
    :raises Suspended: the player is suspended, and may not write in public.
    """
    require_good_standing(user, now)
    return rename_oneself(user=User.objects.get(pk=user.pk), username=username, now=now)
