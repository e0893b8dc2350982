"""The search for players, teams and tournaments, by present and former names."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query
from pydantic import BaseModel, Field

from deltacrown.api.access import PUBLIC, SHARED, caller_of
from deltacrown.api.resources.players import resource
from deltacrown.api.shapes import PageOf, Paging, page_of
from deltacrown.api.shapes.players import FoundPlayer
from deltacrown.api.shapes.search import Everything, FoundTeam
from deltacrown.pages import search
from deltacrown.tournaments.models import Tournament

Name = Annotated[
    str,
    Field(
        min_length=search.SHORTEST_SEARCH,
        max_length=search.LONGEST_SEARCH,
        description="Letters of a name, whatever their case and accents; two find what begins with them.",
    ),
]


class EverythingQuery(BaseModel):
    """What to look for."""

    q: Name


class NameQuery(Paging):
    """What to look for, and which part of what is found."""

    q: Name


@resource.read("/search", answers=Everything, access=PUBLIC)
def search_everything(request: HttpRequest, query: Query[EverythingQuery]) -> Any:
    """The first players, teams and tournaments with a name.

    Exact names come first, then what begins with the letters, then words that do, then former names, then
    the rest. `/players`, `/teams` and `/tournaments` with the same `q` have all of each.
    """
    found = search.search_everything(query.q, viewer=caller_of(request).viewer)
    return {
        "players": [describe_player(each) for each in found.players.items],
        "teams": [_describe_team(each) for each in found.teams.items],
        "tournaments": [_describe_tournament(each) for each in found.tournaments.items],
        "more": [kind for kind in search.KINDS if getattr(found, kind).has_next],
    }


@resource.read("/players", answers=PageOf[FoundPlayer], access=PUBLIC)
def find_players(request: HttpRequest, query: Query[NameQuery]) -> Any:
    """Find players by name, present or former, or by the beginning of a public id.

    The best matches come first. Who is suspended or has left is found by staff only.
    """
    viewer = caller_of(request).viewer
    found = search.search_players(query.q, query.page, viewer=viewer, limit=query.limit)
    return page_of(found.with_items(lambda lines: [describe_player(each) for each in lines]))


@resource.read("/teams", answers=PageOf[FoundTeam], access=SHARED)
def find_teams(request: HttpRequest, query: Query[NameQuery]) -> Any:
    """Find teams by name or slug, present or former; the best matches come first."""
    found = search.search_teams(query.q, query.page, limit=query.limit)
    return page_of(found.with_items(lambda lines: [_describe_team(each) for each in lines]))


def describe_player(found: search.Found[Any]) -> dict[str, Any]:
    """Return a player with the fields of the shape ``FoundPlayer``."""
    profile = found.item
    return {
        "public_id": profile.public_id,
        "name": profile.name,
        "country": profile.country,
        "picture": profile.picture,
        "formerly": found.formerly,
    }


def _describe_team(found: search.Found[Any]) -> dict[str, Any]:
    return {"slug": found.item.slug, "name": found.item.name, "formerly": found.formerly}


def _describe_tournament(found: search.Found[Tournament]) -> dict[str, Any]:
    event = found.item
    return {
        **{name: getattr(event, name) for name in ("slug", "name", "status", "starts_at")},
        "game_slug": event.game.slug,
        "game_name": event.game.name,
        "formerly": found.formerly,
    }
