"""Leaderboards: players in the order of one of their numbers."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Query
from pydantic import BaseModel, Field

from deltacrown.api.access import SHARED
from deltacrown.api.resource import Resource
from deltacrown.api.shapes import page_of
from deltacrown.api.shapes.leaderboards import BoardLine, Leaderboard
from deltacrown.user_profile.services import leaderboard_service

resource = Resource("leaderboards")

BoardPath = Annotated[str, Path(description="The name of a number: `GET /leaderboards` lists them.")]
TIE_RULE = "Players with the same value share the rank and are listed by public id; as many ranks are left out as share one: 1, 2, 2, 4."


class BoardQuery(BaseModel):
    """Which leaderboard."""

    game: str | None = Field(None, description="A game's slug: rank by the numbers in this game.")


class BoardPageQuery(BoardQuery):
    """Which part of which leaderboard."""

    page: str | None = Field(None, description="The `next_page` of the page before; leave it out for the first.")
    limit: int = Field(25, ge=1, le=leaderboard_service.MAX_LIMIT, description="Players per page.")


@resource.read("/leaderboards", answers=list[BoardLine], access=SHARED)
def list_leaderboards(request: HttpRequest) -> Any:
    """The leaderboards there are."""
    in_game = {name for name, _ in leaderboard_service.list_boards(in_game=True)}
    return [{"stat": name, "label": label, "by_game": name in in_game} for name, label in leaderboard_service.list_boards()]


@resource.read("/leaderboards/{stat}", answers=Leaderboard, access=SHARED, refuses=[404])
def get_leaderboard(request: HttpRequest, stat: BoardPath, query: Query[BoardPageQuery]) -> Any:
    """Players ranked by a number, best first."""
    board = leaderboard_service.get_leaderboard(stat, game=query.game or None, page=query.page, limit=query.limit)
    return describe_board(board)


def describe_board(board: leaderboard_service.Leaderboard) -> dict[str, Any]:
    """A leaderboard as ``Leaderboard`` has it."""
    told = {name: getattr(board, name) for name in ("stat", "label", "meaning", "unit", "rule")}
    return page_of(board, **told, tie_rule=TIE_RULE, game=board.game and board.game.slug, country=None)
