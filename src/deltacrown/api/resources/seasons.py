"""Seasons: the named periods that lists, series and leaderboards go by. Staff make them in the admin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Query
from pydantic import Field

from deltacrown.api.access import SHARED
from deltacrown.api.resource import Resource
from deltacrown.api.shapes import PageOf, Paging, page_of
from deltacrown.api.shapes.seasons import SeasonLine
from deltacrown.games.models import Season
from deltacrown.pages import seasons

resource = Resource("seasons")

SlugPath = Annotated[str, Path(description="A season's slug.", examples={"season": {"value": "2025-spring"}})]


class SeasonQuery(Paging):
    """Narrows the list of seasons."""

    game: str | None = Field(None, description="A game's slug: seasons of this game, and of all games.")


@resource.read("/seasons", answers=PageOf[SeasonLine], access=SHARED)
def list_seasons(request: HttpRequest, query: Query[SeasonQuery]) -> Any:
    """The seasons there are, those that start last first.

    Lists of matches and tournaments take the slug of one as `season`.
    """
    found = seasons.list_seasons_page(query.page, game=query.game, limit=query.limit)
    return page_of(found.with_items(_describe_all))


@resource.read("/seasons/{slug}", answers=SeasonLine, access=SHARED, refuses=[404])
def get_season(request: HttpRequest, slug: SlugPath) -> Any:
    """One season: its name, its days, its game."""
    return _describe(seasons.get_season(slug))


def _describe_all(found: Sequence[Season]) -> list[dict[str, Any]]:
    return [_describe(season) for season in found]


def _describe(season: Season) -> dict[str, Any]:
    return {
        "slug": season.slug,
        "name": season.name,
        "game_slug": season.game.slug if season.game else None,
        "game_name": season.game.name if season.game else None,
        "starts_at": season.since,
        "ends_at": season.until,
    }
