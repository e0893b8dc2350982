"""What players do about those who follow them: take a follower away, block a player, unblock one."""

from __future__ import annotations

from datetime import datetime

from deltacrown.accounts.models import User
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.people import blocks
from deltacrown.user_profile.people.addresses import get_any_player, get_player
from django_tally.transactions import atomic_service


@atomic_service
def set_blocking(*, blocker: User, public_id: str, blocking: bool, now: datetime) -> UserProfile:
    """Record whether ``blocker`` blocks the player with this public id. Return that player's profile.

    :raises NotFound: there is no such player.
    :raises AccountClosed: the account of the player to block is closed.
    :raises CannotBlockSelf: it is the blocker.
    """
    # Whoever is blocked can be unblocked, also after the account was closed.
    profile = get_player(public_id) if blocking else get_any_player(public_id)
    if blocking:
        blocks.block_player(blocker=blocker, blocked=profile.user, now=now)
    else:
        blocks.unblock_player(blocker=blocker, blocked=profile.user)
    return profile


@atomic_service
def remove_follower(*, followed: User, public_id: str) -> UserProfile:
    """End that the player with this public id follows ``followed``. Return that player's profile.

    :raises NotFound: there is no such player.
    """
    profile = get_player(public_id)
    blocks.remove_follower(followed=followed, follower=profile.user)
    return profile
