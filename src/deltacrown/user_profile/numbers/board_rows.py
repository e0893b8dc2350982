"""The rows that leaderboards of all time are read from: which, in which order, and what of them is shown.

A board of a hundred is one of the answers that are asked for most. Its rows are read as they are, by
statements that are compiled once: to make a hundred profiles with their users takes longer than to read them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from django.db.models import QuerySet

from deltacrown.accounts.models import User
from deltacrown.core.pagination import Order, Page
from deltacrown.core.prepared import Given, Parameter
from deltacrown.core.prepared_listing import PlainListing
from deltacrown.games.models import Game
from deltacrown.user_profile.models import GameStats, UserProfile
from deltacrown.user_profile.people.follows import list_circle_of
from deltacrown.user_profile.standing import filter_listed, is_listed
from deltacrown.user_profile.stat_fields import (
    Leaderboard as Declaration,
)
from deltacrown.user_profile.stat_fields import list_leaderboards, list_twin_leaderboards, list_twins

#: A statement is compiled for pages of up to so many: of the front page, of the boards, of the API.
SIZES = (5, 25, 100)


class BoardRow(NamedTuple):
    """What is shown of a listed player on a board; the first two say where the row stands in its order.

    :param picture: the file of the picture, which is shown of everybody who is listed.
    :param beside: the number that is shown beside the ranked one, where there is one.
    """

    value: int | Decimal
    tie_break: str | int
    public_id: str
    display_name: str
    username: str
    country: str
    picture: str
    beside: int | Decimal | None = None


class Shape(NamedTuple):
    """Which of the columns ranks, and by what the players are narrowed down."""

    holder: type[UserProfile | GameStats]
    column: str
    in_game: bool
    in_country: bool
    in_circle: bool

    @property
    def order(self) -> Order:
        """Return what the rows are in the order of."""
        # What is ordered by the numbers of one game has no public id beside it for an index to follow.
        tie_break = "public_id" if self.holder is UserProfile else "user_id"
        is_lowest_first = _get_board(self.holder, self.column).lowest_first
        return (self.column if is_lowest_first else f"-{self.column}", tie_break)


@dataclass(frozen=True)
class Ranking:
    """Whom a leaderboard ranks, and where it is read: by which column of which table.

    :param holder: ``UserProfile``; of one game ``GameStats``.
    :param country: rank the players of this country alone.
    :param circle_of: rank among this user and whom they follow.
    """

    holder: type[UserProfile | GameStats]
    column: str
    board: Declaration
    game: Game | None = None
    country: str | None = None
    circle_of: User | None = None

    @property
    def is_whole(self) -> bool:
        """Return whether all listed players are ranked, not those of a country or circle alone."""
        return self.country is None and self.circle_of is None

    @property
    def ascending(self) -> bool:
        """Return whether the lowest value is the best."""
        return self.board.lowest_first

    @property
    def order(self) -> Order:
        """Return what the rows are in the order of."""
        return self.shape.order

    @property
    def shape(self) -> Shape:
        """Return what its statements depend on."""
        narrowed = (each is not None for each in (self.game, self.country, self.circle_of))
        return Shape(self.holder, self.column, *narrowed)

    @property
    def given(self) -> list[Given]:
        """Return the values that are given to its statements, in the order of their parameters."""
        game = [] if self.game is None else [self.game.pk]
        country = [] if self.country is None else [self.country]
        circle = [] if self.circle_of is None else [self.circle_of.pk]
        return [*game, *country, *circle]

    @property
    def rows(self) -> QuerySet[Any]:
        """Return the rows."""
        return list_ranked(self.shape, self.given)

    def read_page(self, *, listing: str, cursor: str | None, limit: int) -> tuple[Page[BoardRow], Any]:
        """Return a page of the rows, and the value of the first of the next page, or None. One statement.

        :raises InvalidCursor: the cursor does not belong to this listing.
        """
        found, following = _prepare(self.shape).paginate(
            *self.given, listing=listing, cursor=cursor, limit=limit
        )
        return found.with_items(lambda rows: [BoardRow(*row) for row in rows]), following and following[0]


def find_ranking(stat: str, *, game: Game | None, country: str | None, circle_of: User | None) -> Ranking:
    """Return the ranking by a number that is ranked, in one game or over all."""
    holder: type[UserProfile | GameStats] = UserProfile if game is None else GameStats
    column = stat if game is None else list_twins(GameStats)[stat]
    return Ranking(holder, column, _get_board(holder, column), game, country, circle_of)


@cache
def _get_board(holder: type[UserProfile | GameStats], column: str) -> Declaration:
    if holder is UserProfile:
        return list_leaderboards(UserProfile)[column]
    return list_twin_leaderboards(GameStats, UserProfile)[column]


def list_ranked(shape: Shape, given: Sequence[Any]) -> QuerySet[Any]:
    """Return the rows of a ranking.

    :param given: the values that it is narrowed by, or parameters for them, in the order of ``Shape``.
    """
    holder, column = shape.holder, shape.column
    values = iter(given)
    narrowed: dict[str, Any] = {}
    if shape.in_game:
        narrowed["game"] = next(values)
    if shape.in_country:
        narrowed["country" if holder is UserProfile else "user__profile__country"] = next(values)
    if shape.in_circle:
        narrowed["user__in"] = list_circle_of(next(values))
    rows: QuerySet[Any] = holder._default_manager.filter(
        _get_board(holder, column).get_eligible(column), **narrowed
    )
    return rows.filter(is_listed()) if holder is UserProfile else filter_listed(rows)


def list_parameters(shape: Shape, first: int = 0) -> list[Parameter]:
    """Return parameters for the values that a ranking is narrowed by.

    :param first: the number of the first.
    """
    return [Parameter(first + number) for number in range(sum(shape[2:]))]


def list_shown(shape: Shape) -> list[str]:
    """Return the columns of a ``BoardRow``."""
    profile = "" if shape.holder is UserProfile else "user__profile__"
    shown = [f"{profile}{name}" for name in ("public_id", "display_name")]
    shown += ["user__username", f"{profile}country", f"{profile}avatar"]
    beside = _get_board(shape.holder, shape.column).beside
    return [shape.column, shape.order[1], *shown, *([beside] if beside else [])]


@cache
def _prepare(shape: Shape) -> PlainListing:
    """Return the listing of a board, of which the game, the country and whose circle it is are given."""
    return PlainListing(
        lambda: list_ranked(shape, list_parameters(shape)).values_list(*list_shown(shape)),
        given=sum(shape[2:]),
        order=shape.order,
        sizes=SIZES,
    )
