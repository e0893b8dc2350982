"""A player's place on the leaderboards of all time, read along with the profile.

Places follow from the numbers of others, so they are never kept. They are subqueries of the statement that
finds the player. Those over everything are read from what is kept counted (``rank_ahead``); the others, and
all of them while much waits to be counted, count no further than ``FURTHEST``, so that no page costs more
than another.

Who is suspended is on no board, and is told the place they would have: the page must not tell a suspension.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db.models import Case, Exists, IntegerField, OuterRef, QuerySet, Subquery, Value, When

from deltacrown.core.prepared import Parameter
from deltacrown.user_profile.models import GameStats, UserProfile
from deltacrown.user_profile.numbers.catalogue import get_stat_field
from deltacrown.user_profile.numbers.period_leaderboards import list_period_boards
from deltacrown.user_profile.numbers.rank_ahead import Ahead
from deltacrown.user_profile.standing import filter_listed, is_listed
from deltacrown.user_profile.stat_fields import list_leaderboards, list_twin_leaderboards, list_twins

#: The boards of which a profile tells the place.
BOARDS = ("matches_won", "overall_win_rate", "tournaments_won", "experience_points")
#: Up to which place it is counted; beyond, that is all that is said.
FURTHEST = 1000
_PREFIX = "rank_of_"


@dataclass(frozen=True)
class Rank:
    """A player's place on one board.

    :param is_beyond: it is this place or a later one.
    :param has_season: whether there is a board of the season too.
    """

    stat: str
    label: str
    rank: int
    is_beyond: bool
    has_season: bool


class _CappedCount(Subquery):
    """How many rows a sliced queryset has."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS ahead)"
    output_field = IntegerField()


def add_ranks(profiles: QuerySet[Any], game: str | Parameter | None) -> QuerySet[Any]:
    """Annotate profiles with their places; ``take_ranks`` reads them.

    :param game: a game's slug: the places on the boards of that game.
    """
    for stat in BOARDS:
        if game is None:
            profiles = profiles.annotate(**{_PREFIX + stat: _rank_overall(stat)})
        elif stat in list_twins(GameStats):
            profiles = profiles.annotate(**{_PREFIX + stat: _rank_in_game(stat, game)})
    return profiles


def list_ahead(row: Any) -> tuple[int | None, ...]:
    """Return what ``add_ranks`` read, off a row of a prepared query: all that ``take_ranks`` follows from."""
    found: list[int | None] = []
    for stat in BOARDS:
        with suppress(KeyError):
            ahead = row[_PREFIX + stat]
            # Whoever is further behind is told the same, wherever they are.
            found.append(None if ahead is None else min(int(ahead), FURTHEST))
    return tuple(found)


def take_ranks(profile: UserProfile) -> list[Rank]:
    """Return the places that ``add_ranks`` read, and take them off the profile, which may be kept."""
    found = {stat: profile.__dict__.pop(_PREFIX + stat, None) for stat in BOARDS}
    return [
        Rank(
            stat,
            get_stat_field(UserProfile, stat).label,
            min(ahead + 1, FURTHEST),
            ahead >= FURTHEST,
            stat in list_seasonal(),
        )
        for stat, ahead in found.items()
        if ahead is not None
    ]


@cache
def list_seasonal() -> frozenset[str]:
    """Return the numbers that have a board of each season too."""
    return frozenset(list_period_boards())


def _rank_overall(stat: str) -> Case:
    eligible = list_leaderboards(UserProfile)[stat].get_eligible(stat)
    ahead = UserProfile.objects.filter(eligible, is_listed(), **{f"{stat}__gt": OuterRef(stat)})
    return _count(When(eligible, then=Ahead(stat, _slice(ahead))))


def _rank_in_game(stat: str, game: str | Parameter) -> Case:
    column = list_twins(GameStats)[stat]
    eligible = list_twin_leaderboards(GameStats, UserProfile)[column].get_eligible(column)
    ranked = filter_listed(GameStats.objects.filter(eligible, game__slug=game))
    value = GameStats.objects.filter(user=OuterRef(OuterRef("user_id")), game__slug=game).values(column)[:1]
    ahead = ranked.filter(**{f"{column}__gt": Subquery(value)})
    own = GameStats.objects.filter(eligible, game__slug=game, user=OuterRef("user_id"))
    return _count(When(Exists(own), then=_slice(ahead)))


def _count(when: When) -> Case:
    return Case(when, default=None, output_field=IntegerField())


def _slice(ahead: QuerySet[Any]) -> _CappedCount:
    return _CappedCount(ahead.order_by().annotate(one=Value(1)).values("one")[:FURTHEST])
