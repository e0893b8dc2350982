"""Following, blocking, and the feed."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query

from deltacrown.api.access import OWN, PERSON, PUBLIC, caller_of
from deltacrown.api.resource import Resource
from deltacrown.api.resources.players import PlayerPath
from deltacrown.api.shapes import PageOf, Paging, PagingByTen, page_of
from deltacrown.api.shapes.players import BlockState, FeedLine, FollowLine, FollowState
from deltacrown.core.clock import now
from deltacrown.core.pagination import Page
from deltacrown.pages import blocks, oneself
from deltacrown.pages import follows as pages
from deltacrown.user_profile.people.blocks import BlockEntry, list_blocked
from deltacrown.user_profile.people.follows import FollowEntry
from deltacrown.user_profile.people.follows import list_following as list_followed

resource = Resource("follows")


@resource.read(
    "/players/{public_id}/followers", answers=PageOf[FollowLine], access=PUBLIC, refuses=[403, 404, 410]
)
def list_followers(request: HttpRequest, public_id: PlayerPath, query: Query[Paging]) -> Any:
    """Who follows a player, the latest first.

    403 unless the caller is the player, or staff who may see what is hidden.
    """
    viewer = caller_of(request).viewer
    shown = pages.get_followers_page(public_id, query.page, limit=query.limit, viewer=viewer)
    return _page(shown.found)


@resource.read(
    "/players/{public_id}/following", answers=PageOf[FollowLine], access=PUBLIC, refuses=[403, 404, 410]
)
def list_following(request: HttpRequest, public_id: PlayerPath, query: Query[Paging]) -> Any:
    """Whom a player follows, the latest first.

    403 unless the caller is the player, or staff who may see what is hidden.
    """
    viewer = caller_of(request).viewer
    shown = pages.get_following_page(public_id, query.page, limit=query.limit, viewer=viewer)
    return _page(shown.found)


@resource.read("/me/follows", answers=PageOf[FollowLine], access=OWN)
def list_my_follows(request: HttpRequest, query: Query[Paging]) -> Any:
    """Whom the caller follows, the latest first."""
    member = caller_of(request).member
    return _page(list_followed(member, member, query.page, limit=query.limit))


@resource.write("PUT", "/me/follows/{public_id}", answers=FollowState, access=PERSON, refuses=[404, 409, 410])
def follow_player(request: HttpRequest, public_id: PlayerPath) -> Any:
    """Follow a player; following twice is following once."""
    return _set_following(request, public_id, following=True)


@resource.write("DELETE", "/me/follows/{public_id}", answers=FollowState, access=PERSON, refuses=[404, 410])
def unfollow_player(request: HttpRequest, public_id: PlayerPath) -> Any:
    """Follow a player no longer."""
    return _set_following(request, public_id, following=False)


@resource.write("DELETE", "/me/followers/{public_id}", answers=FollowState, access=PERSON, refuses=[404, 410])
def remove_follower(request: HttpRequest, public_id: PlayerPath) -> Any:
    """Take a follower away; they are not told, and may follow again. `block_player` prevents that."""
    blocks.remove_follower(followed=caller_of(request).member, public_id=public_id)
    return {"public_id": public_id, "follows": False}


@resource.read("/me/blocks", answers=PageOf[FollowLine], access=OWN)
def list_my_blocks(request: HttpRequest, query: Query[Paging]) -> Any:
    """Whom the caller blocks, the latest first. Nobody else is told, but staff who may see what is hidden."""
    member = caller_of(request).member
    return _page(list_blocked(member, member, query.page, limit=query.limit))


@resource.write("PUT", "/me/blocks/{public_id}", answers=BlockState, access=PERSON, refuses=[404, 410])
def block_player(request: HttpRequest, public_id: PlayerPath) -> Any:
    """Block a player: neither follows the other any more. Blocking twice is blocking once.

    A blocked player sees what is public, and nothing that is for followers.
    """
    return _set_blocking(request, public_id, blocking=True)


@resource.write("DELETE", "/me/blocks/{public_id}", answers=BlockState, access=PERSON, refuses=[404])
def unblock_player(request: HttpRequest, public_id: PlayerPath) -> Any:
    """Block a player no longer. Follows that the block ended stay ended."""
    return _set_blocking(request, public_id, blocking=False)


@resource.read("/me/feed", answers=PageOf[FeedLine], access=OWN)
def list_my_feed(request: HttpRequest, query: Query[PagingByTen]) -> Any:
    """What happened to the players the caller follows, as far as the caller may see it, latest first."""
    found = oneself.get_home_feed(caller_of(request).member, query.page, limit=query.limit)
    return page_of(
        found.with_items(
            lambda lines: [{"player": each.profile, "entry": each.entry} for each in lines],
        )
    )


def _set_following(request: HttpRequest, public_id: str, *, following: bool) -> dict[str, Any]:
    member = caller_of(request).member
    pages.set_following(follower=member, public_id=public_id, following=following, now=now())
    return {"public_id": public_id, "follows": following}


def _set_blocking(request: HttpRequest, public_id: str, *, blocking: bool) -> dict[str, Any]:
    member = caller_of(request).member
    blocks.set_blocking(blocker=member, public_id=public_id, blocking=blocking, now=now())
    return {"public_id": public_id, "blocks": blocking}


def _page(found: Page[FollowEntry] | Page[BlockEntry]) -> dict[str, Any]:
    return page_of(
        found.with_items(
            lambda lines: [{"player": each.profile, "since": each.since} for each in lines],
        )
    )
