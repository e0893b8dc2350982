"""Whom players follow, and what those they follow did."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query

from deltacrown.api.access import OWN, PERSON, PUBLIC, caller_of
from deltacrown.api.resource import Resource
from deltacrown.api.resources.players import PlayerPath
from deltacrown.api.shapes import PageOf, Paging, page_of
from deltacrown.api.shapes.players import FeedLine, FollowLine, FollowState
from deltacrown.core.clock import now
from deltacrown.user_profile.people import follows
from deltacrown.user_profile.people.search import get_player

resource = Resource("follows")


@resource.read("/players/{public_id}/followers", answers=PageOf[FollowLine], access=PUBLIC, refuses=[403, 404])
def list_followers(request: HttpRequest, public_id: PlayerPath, query: Query[Paging]) -> Any:
    """Who follows a player, the latest first.

    403 unless the caller is the player or staff.
    """
    owner, viewer = get_player(public_id).user, caller_of(request).viewer
    return _page(follows.list_followers(owner, viewer, query.page, limit=query.limit))


@resource.read("/players/{public_id}/following", answers=PageOf[FollowLine], access=PUBLIC, refuses=[403, 404])
def list_following(request: HttpRequest, public_id: PlayerPath, query: Query[Paging]) -> Any:
    """Whom a player follows, the latest first.

    403 unless the caller is the player or staff.
    """
    owner, viewer = get_player(public_id).user, caller_of(request).viewer
    return _page(follows.list_following(owner, viewer, query.page, limit=query.limit))


@resource.read("/me/follows", answers=PageOf[FollowLine], access=OWN)
def list_my_follows(request: HttpRequest, query: Query[Paging]) -> Any:
    """Whom the caller follows, the latest first."""
    member = caller_of(request).member
    return _page(follows.list_following(member, member, query.page, limit=query.limit))


@resource.write("PUT", "/me/follows/{public_id}", answers=FollowState, access=PERSON, refuses=[404])
def follow_player(request: HttpRequest, public_id: PlayerPath) -> Any:
    """Follow a player; following twice is following once."""
    follows.follow(follower=caller_of(request).member, followed=get_player(public_id).user, now=now())
    return {"public_id": public_id, "follows": True}


@resource.write("DELETE", "/me/follows/{public_id}", answers=FollowState, access=PERSON, refuses=[404])
def unfollow_player(request: HttpRequest, public_id: PlayerPath) -> Any:
    """Follow a player no longer."""
    follows.unfollow(follower=caller_of(request).member, followed=get_player(public_id).user)
    return {"public_id": public_id, "follows": False}


@resource.read("/me/feed", answers=PageOf[FeedLine], access=OWN)
def list_my_feed(request: HttpRequest, query: Query[Paging]) -> Any:
    """What happened to the players the caller follows, as far as the caller may see it, latest first."""
    found = follows.get_home_feed(caller_of(request).member, query.page, limit=query.limit)
    return page_of(found.with_items(lambda lines: [{"player": each.profile, "entry": each.entry} for each in lines]))


def _page(found: Any) -> dict[str, Any]:
    return page_of(found.with_items(lambda lines: [{"player": each.profile, "since": each.since} for each in lines]))
