"""The rows of a leaderboard of all time around a player's, by one statement that is compiled once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db.models import Q, QuerySet, Subquery

from deltacrown.accounts.models import User
from deltacrown.core.either import Either
from deltacrown.core.prepared import Parameter, PreparedRows
from deltacrown.user_profile.numbers.board_rows import (
    BoardRow,
    Ranking,
    Shape,
    list_parameters,
    list_ranked,
    list_shown,
)

#: A statement is compiled for so many rows before a player, and as many behind: a board has a few statements,
#: whatever numbers are asked for.
SIZES = (0, 6, 13, 26, 51)


def read_around(ranking: Ranking, user: User, before: int, behind: int) -> tuple[list[BoardRow], int]:
    """Return a player's row among those around it, in order, and its place in them. One query.

    There are none where the player is not ranked.
    """
    prepared = _prepare(ranking.shape, _choose_size(before), _choose_size(behind))
    found = prepared.read(user.pk, *ranking.given)
    place = next((place for place, (owner, *_) in enumerate(found) if owner == user.pk), 0)
    # What is further away was read beside rows that were not.
    first = max(place - before, 0)
    return [BoardRow(*row) for _, *row in found[first : place + behind + 1]], place - first


def _choose_size(number: int) -> int:
    return next((size for size in SIZES if size >= number), number)


@cache
def _prepare(shape: Shape, before: int, behind: int) -> PreparedRows:
    # The statement itself looks up the player's values: of all that are listed, one plan is as good for
    # any player. Not of a country or circle, which are small or large.
    is_whole = not (shape.in_country or shape.in_circle)
    return PreparedRows(lambda: _build(shape, before, behind), is_by_key=is_whole)


def _build(shape: Shape, before: int, behind: int) -> QuerySet[Any]:
    """Return the row of a player with so many before it and behind it, in the order of the board.

    Those with the same value and those with another are found apart: each is the beginning of one range of
    the index, however many share the value. So there may be more rows on a side, of which those that are
    further away than so many have gaps between them.
    """
    rows, order = list_ranked(shape, list_parameters(shape, 1)), shape.order
    column, tie_break = shape.column, order[1]
    own = rows.filter(user_id=Parameter(0))
    value, tie = (Subquery(own.values(name)[:1]) for name in (column, tie_break))
    better, worse = ("gt", "lt") if order[0].startswith("-") else ("lt", "gt")
    away = [_turn(name) for name in order]

    def list_parts(sign: str, tied: str, ordered: Sequence[str], number: int) -> list[QuerySet[Any]]:
        which = [Q(**{column: value, f"{tie_break}__{tied}": tie}), Q(**{f"{column}__{sign}": value})]
        return [rows.filter(each).order_by(*ordered).values("pk")[:number] for each in which if number]

    parts = [
        own.values("pk")[:1],
        *list_parts(better, "lt", away, before),
        *list_parts(worse, "gt", order, behind),
    ]
    found: QuerySet[Any] = shape.holder._default_manager.filter(pk__in=Either(*parts)).order_by(*order)
    return found.values_list("user_id", *list_shown(shape))


def _turn(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"
