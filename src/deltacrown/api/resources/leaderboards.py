"""Leaderboards: players ranked by one of their stats."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

from django.http import HttpRequest
from ninja import Path, Query
from pydantic import BaseModel, Field

from deltacrown.api.access import SHARED
from deltacrown.api.answers import Writer, answer_json
from deltacrown.api.board_rows import write_board_rows
from deltacrown.api.resource import Resource
from deltacrown.api.resources.players import PlayerPath
from deltacrown.api.shapes.leaderboards import Around, BoardLine, Leaderboard
from deltacrown.core.clock import now
from deltacrown.games.models import Game
from deltacrown.pages import leaderboards as pages
from deltacrown.pages.leaderboards import BoardChoice, BoardOverPeriod, PlaceOnBoard
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.numbers import leaderboards, period_leaderboards
from deltacrown.user_profile.numbers.catalogue import get_stat_field

resource = Resource("leaderboards")

BoardPath = Annotated[str, Path(description="The name of a number: `GET /leaderboards` lists them.")]
_BOARD = Writer(Leaderboard)
#: How a board without rows begins.
_NO_ITEMS = b'{"items":[]'
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
        description="All time; the season at hand, which is the quarter of the year where none is declared; "
        "or the last thirty days and today so far: by when what is counted happened. "
        "Periods begin and end at midnight, UTC.",
    )
    season: str | None = Field(
        None,
        description="A season's slug, as in `GET /seasons`: rank over its days. "
        "Of a season of one game, the numbers in that game are ranked.",
    )
    as_of: str | None = Field(
        None,
        description="A date, as 2025-06-30: the board at the end of that day, UTC, by what is known now. "
        "It goes with all time and with `season`. Players who hide the history behind the number are not "
        "on such boards.",
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

    page: str | None = Field(
        None, description="The `next_page` of the page before; leave it out for the first."
    )
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

    Over a period, of a season and as of a day there are leaderboards by {boards}, counted from the rows
    themselves as known now.
    """
    _keep_out_of_caches(request, query)
    shown = pages.get_board(_choice(stat, query), query.page, limit=query.limit, now=now())
    names = ("stat", "label", "meaning", "unit", "rule", "tie_rule", "left_out")
    described = {name: getattr(shown.board, name) for name in names}
    described |= _describe(query, shown, shown.board.game)
    empty = _BOARD.write({"items": [], "next_page": shown.board.next_cursor, **described})
    return answer_json(b'{"items":' + write_board_rows(shown.board.items) + empty.removeprefix(_NO_ITEMS))


@resource.read("/leaderboards/{stat}/around/{public_id}", answers=Around, access=SHARED, refuses=[404, 410])
def get_place(request: HttpRequest, stat: BoardPath, public_id: PlayerPath, query: Query[AroundQuery]) -> Any:
    """A player's rank, and the players just before and after; no items when the player is not ranked."""
    _keep_out_of_caches(request, query)
    place = pages.get_place(_choice(stat, query), public_id, each_side=query.each_side, now=now())
    return {
        "stat": stat,
        "tie_rule": place.tie_rule,
        "left_out": place.left_out,
        **_describe(query, place, place.game),
        "rank": place.rank,
        "value": place.value,
        "items": place.entries,
    }


def _keep_out_of_caches(request: HttpRequest, query: BoardQuery) -> None:
    """Let no shared cache keep a board as of a day: who is on it follows from what players hide now."""
    if query.as_of:
        request.api_shared = False  # type: ignore[attr-defined]


def _choice(stat: str, query: BoardQuery) -> BoardChoice:
    return BoardChoice(
        stat,
        query.game or None,
        query.country or None,
        query.period,
        query.season or None,
        query.as_of or None,
    )


def _describe(query: BoardQuery, shown: BoardOverPeriod | PlaceOnBoard, game: Game | None) -> dict[str, Any]:
    """Return what the answer says of the board that was asked for."""
    season = shown.period.season
    return {
        "game": game.slug if game else None,
        "country": query.country or None,
        "period": shown.period,
        "season": season.slug if season else None,
        "as_of": shown.period.as_of,
    }
