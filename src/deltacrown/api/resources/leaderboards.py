"""Leaderboards: players in the order of one of their numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

from django.http import HttpRequest
from ninja import Path, Query
from pydantic import BaseModel, Field

from deltacrown.api.access import SHARED
from deltacrown.api.resource import Resource
from deltacrown.api.resources.players import PlayerPath
from deltacrown.api.shapes import page_of
from deltacrown.api.shapes.leaderboards import Around, BoardLine, Leaderboard
from deltacrown.core.clock import now
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.numbers import leaderboards, period_leaderboards
from deltacrown.user_profile.numbers.catalogue import get_stat_field
from deltacrown.user_profile.people.search import get_player

resource = Resource("leaderboards")

BoardPath = Annotated[str, Path(description="The name of a number: `GET /leaderboards` lists them.")]
Period = Literal["all", "season", "30days"]
View = TypeVar("View", bound=Callable[..., Any])


class BoardQuery(BaseModel):
    """Which leaderboard."""

    game: str | None = Field(None, description="A game's slug: rank by the numbers in this game.")
    country: str | None = Field(
        None,
        description="Two capital letters of ISO 3166-1: rank among the players of this country.",
    )
    period: Period = Field(
        "all",
        description="All time; the quarter of the year, in UTC; or the last thirty days: by when matches were played.",
    )


class AroundQuery(BoardQuery):
    """Which leaderboard, and how far around the player."""

    each_side: int = Field(
        5,
        ge=0,
        le=leaderboards.MAX_EACH_SIDE,
        description="Players before, and players after.",
    )


class BoardPageQuery(BoardQuery):
    """Which part of which leaderboard."""

    page: str | None = Field(None, description="The `next_page` of the page before; leave it out for the first.")
    limit: int = Field(25, ge=1, le=leaderboards.MAX_LIMIT, description="Players per page.")


@resource.read("/leaderboards", answers=list[BoardLine], access=SHARED)
def list_leaderboards(request: HttpRequest) -> Any:
    """The leaderboards there are."""
    in_game = {name for name, _ in leaderboards.list_boards(in_game=True)}
    boards = leaderboards.list_boards()
    return [{"stat": name, "label": label, "by_game": name in in_game} for name, label in boards]


def _with_period_boards(view: View) -> View:
    """Write the names of the leaderboards of a period into the description of an operation."""
    fields = [get_stat_field(UserProfile, name) for name in period_leaderboards.list_period_boards()]
    *others, last = [field.label.lower() for field in fields]
    named = f"{', '.join(others)} and {last}" if others else last

    view.__doc__ = (view.__doc__ or "").replace("{boards}", named)
    return view


@resource.read("/leaderboards/{stat}", answers=Leaderboard, access=SHARED, refuses=[404])
@_with_period_boards
def get_leaderboard(request: HttpRequest, stat: BoardPath, query: Query[BoardPageQuery]) -> Any:
    """Players ranked by a number, best first.

    Over a period there are leaderboards by {boards}, counted from the matches themselves.
    """
    named, period = _named(query), _period(query)
    if period is None:
        board = leaderboards.get_leaderboard(stat, **named, page=query.page, limit=query.limit)
    else:
        board = period_leaderboards.get_period_leaderboard(
            stat,
            period,
            **named,
            page=query.page,
            limit=query.limit,
        )
    told = {name: getattr(board, name) for name in ("stat", "label", "meaning", "unit", "rule", "tie_rule")}
    return page_of(board, **told, **_narrowed(query, period))


@resource.read("/leaderboards/{stat}/around/{public_id}", answers=Around, access=SHARED, refuses=[404])
def get_place(request: HttpRequest, stat: BoardPath, public_id: PlayerPath, query: Query[AroundQuery]) -> Any:
    """A player's rank, and the players just before and after; no items when the player is not ranked."""
    user, named, period = get_player(public_id).user, _named(query), _period(query)
    if period is None:
        found = leaderboards.list_neighbours(user, stat, **named, each_side=query.each_side)
        tie_rule = leaderboards.get_tie_rule(in_game=named["game"] is not None)
    else:
        found = period_leaderboards.list_period_neighbours(
            user,
            stat,
            period,
            **named,
            each_side=query.each_side,
        )
        tie_rule = leaderboards.TIES_BY_PUBLIC_ID
    own = next((entry for entry in found if entry.public_id == public_id), None)
    told = {"stat": stat, "tie_rule": tie_rule, **_narrowed(query, period)}
    return {**told, "rank": own and own.rank, "value": own and own.value, "items": found}


def _named(query: BoardQuery) -> dict[str, Any]:
    """Among whom, and by which numbers, players are ranked."""
    return {"game": query.game or None, "country": query.country or None}


def _period(query: BoardQuery) -> period_leaderboards.Period | None:
    return None if query.period == "all" else period_leaderboards.get_period(query.period, now=now())


def _narrowed(query: BoardQuery, period: period_leaderboards.Period | None) -> dict[str, Any]:
    """What the answer repeats of the question."""
    return {**_named(query), "period": query.period, "since": period and period.since}
