"""Listed players in the order of one of their numbers, read from the cached numbers through an index."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput, NotFound
from deltacrown.core.pagination import Page, check_limit, paginate
from deltacrown.games.models import Game
from deltacrown.user_profile.histories.filters import get_game
from deltacrown.user_profile.models import GameStats, UserProfile
from deltacrown.user_profile.numbers.catalogue import get_stat_field
from deltacrown.user_profile.standing import filter_listed, is_listed
from deltacrown.user_profile.stat_fields import (
    Leaderboard as Declaration,
)
from deltacrown.user_profile.stat_fields import (
    list_leaderboards,
    list_twin_leaderboards,
    list_twins,
)

MAX_LIMIT = 100
MAX_EACH_SIDE = 50
COUNTRY = re.compile(r"[A-Z]{2}")

_TIES = "Players with the same value share the rank, and as many ranks are left out after them: 1, 2, 2, 4."
TIES_BY_PUBLIC_ID = f"{_TIES} They are listed by public id."
TIES_BY_ACCOUNT = f"{_TIES} They are listed in the order their accounts were made here."


@dataclass(frozen=True)
class LeaderboardEntry:
    """One ranked player; players with the same value share the rank, and the ranks after them are skipped."""

    rank: int
    public_id: str
    name: str
    country: str
    value: int | Decimal


@dataclass(frozen=True)
class Leaderboard(Page[LeaderboardEntry]):
    """A page of a leaderboard.

    :param stat: the name of the number in the catalogue.
    :param rule: who is ranked, in one sentence.
    :param tie_rule: how players with the same value are ranked and listed.
    :param game: the game it is of, or ``None`` for all.
    :param left_out: who is not ranked though they played, in words; empty where everybody is.
    """

    stat: str
    label: str
    meaning: str
    unit: str
    rule: str
    tie_rule: str
    game: Game | None
    left_out: str = ""


@dataclass(frozen=True)
class _Ranking:
    """Where a leaderboard is read: which column of which table, in which order."""

    rows: QuerySet[Any]
    column: str
    tie_break: str
    ascending: bool
    rule: str

    @property
    def order(self) -> tuple[str, str]:
        return (self.column if self.ascending else f"-{self.column}", self.tie_break)


def get_leaderboard(
    stat: str,
    *,
    game: Game | str | None = None,
    country: str | None = None,
    page: str | None = None,
    limit: int = 25,
) -> Leaderboard:
    """Return a page of the players ranked by ``stat``, best first.

    Standard competition ranking: 1, 2, 2, 4. Players with the same value are listed as ``tie_rule`` says:
    what is ordered by the numbers of one game has no public id beside it for an index to follow.

    :param stat: the name of a ranked number; ``list_boards`` has them.
    :param game: rank by the players' numbers in this game; a slug or a row.
    :param country: rank among the players of this country alone: two letters of ISO 3166-1.
    :param limit: 1 to 100.
    :raises NotFound: when there is no such leaderboard, or not of one game.
    :raises InvalidInput: for a game, cursor or limit that cannot be taken.
    """
    check_limit(limit, MAX_LIMIT)
    ranking, of_game = _find_ranking(stat, game, country)
    listing = f"leaderboard/{stat}/{of_game.pk if of_game else ''}/{country or ''}"
    found = paginate(
        ranking.rows,
        listing=listing,
        order=ranking.order,
        cursor=page,
        limit=limit,
        max_limit=MAX_LIMIT,
    )
    field = get_stat_field(ranking.rows.model, ranking.column)
    return Leaderboard(
        _ranked(ranking, found.items, is_first_page=page is None),
        found.next_cursor,
        found.has_next,
        stat=stat,
        label=field.label,
        meaning=field.meaning,
        unit=getattr(field, "unit", ""),
        rule=ranking.rule,
        tie_rule=get_tie_rule(in_game=of_game is not None),
        game=of_game,
    )


def list_neighbours(
    user: User, stat: str, *, game: Game | str | None = None, country: str | None = None, each_side: int = 5
) -> list[LeaderboardEntry]:
    """Return ``user``'s place on a leaderboard, with those just before and after it.

    Nothing when they are not ranked.

    Everybody's ranks are those of the whole leaderboard.

    :param each_side: how many before, and how many after: 0 to 50.
    :raises NotFound: when there is no such leaderboard, or not of one game.
    :raises InvalidInput: for a game, country or number that cannot be taken.
    """
    check_limit(each_side + 1, MAX_EACH_SIDE + 1)
    ranking, _ = _find_ranking(stat, game, country)
    own = ranking.rows.filter(user=user).first()
    if own is None:
        return []
    value, tie = getattr(own, ranking.column), getattr(own, ranking.tie_break)
    before, after = ("lt", "gt") if ranking.ascending else ("gt", "lt")
    same = Q(**{ranking.column: value})
    ahead = Q(**{f"{ranking.column}__{before}": value}) | same & Q(**{f"{ranking.tie_break}__lt": tie})
    behind = Q(**{f"{ranking.column}__{after}": value}) | same & Q(**{f"{ranking.tie_break}__gt": tie})
    above = list(ranking.rows.filter(ahead).order_by(*ranking.order).reverse()[:each_side])
    below = list(ranking.rows.filter(behind).order_by(*ranking.order)[:each_side])
    return _ranked(ranking, [*reversed(above), own, *below], is_first_page=False)


def get_tie_rule(*, in_game: bool) -> str:
    """Return how players with the same value are ranked and listed on the leaderboards of all time."""
    return TIES_BY_ACCOUNT if in_game else TIES_BY_PUBLIC_ID


def check_country(country: str) -> None:
    """Refuse what is no code of a country.

    :raises InvalidInput: it is not two capital letters.
    """
    if not COUNTRY.fullmatch(country):
        raise InvalidInput(
            f"{country!r:.40} is no country: use two capital letters of ISO 3166-1, as in DE, BR, KR.",
            field="country",
        )


def list_boards(*, in_game: bool = False) -> list[tuple[str, str]]:
    """Return the leaderboards there are, as name and label, in their order.

    :param in_game: only those that exist for one game.
    """
    in_games = list_twins(GameStats)
    names = [name for name in list_leaderboards(UserProfile) if not in_game or name in in_games]
    return [(name, get_stat_field(UserProfile, name).label) for name in names]


def _check_board(stat: str, *, in_game: bool) -> None:
    boards = dict(list_boards(in_game=in_game))
    if stat not in boards:
        of = "of one game " if in_game else ""
        raise NotFound(
            f"There is no leaderboard {of}by {stat!r}: choose one of {', '.join(boards)}.",
            field="stat",
        )


def _find_ranking(stat: str, game: Game | str | None, country: str | None) -> tuple[_Ranking, Game | None]:
    _check_board(stat, in_game=game is not None)
    of_game = get_game(game) if isinstance(game, str) else game
    ranking = _in_game(stat, of_game) if of_game else _overall(stat)
    if country is None:
        return ranking, of_game
    check_country(country)
    rows = ranking.rows.filter(**{"user__profile__country" if of_game else "country": country})
    return replace(ranking, rows=rows), of_game


def _overall(stat: str) -> _Ranking:
    board = list_leaderboards(UserProfile)[stat]
    rows = UserProfile.objects.filter(board.get_eligible(stat), is_listed()).select_related("user")
    return _ranking(board, rows, stat, "public_id")


def _in_game(stat: str, game: Game) -> _Ranking:
    column = list_twins(GameStats)[stat]
    board = list_twin_leaderboards(GameStats, UserProfile)[column]
    rows = filter_listed(GameStats.objects.filter(board.get_eligible(column), game=game))
    rows = rows.select_related("user__profile")
    return _ranking(board, rows, column, "user_id")


def _ranking(board: Declaration, rows: QuerySet[Any], column: str, tie_break: str) -> _Ranking:
    return _Ranking(rows, column, tie_break, board.lowest_first, board.get_rule())


def _ranked(ranking: _Ranking, rows: Sequence[Any], *, is_first_page: bool) -> list[LeaderboardEntry]:
    if not rows:
        return []
    better, ahead = (0, 0) if is_first_page else _count_before(ranking, rows[0])
    entries: list[LeaderboardEntry] = []
    for position, row in enumerate(rows, start=ahead + 1):
        value = getattr(row, ranking.column)
        if not entries:
            rank = better + 1
        elif value != entries[-1].value:
            rank = position
        profile = row if isinstance(row, UserProfile) else row.user.profile
        entries.append(
            LeaderboardEntry(
                rank,
                profile.public_id,
                profile.display_name or row.user.username,
                profile.country,
                value,
            )
        )
    return entries


def _count_before(ranking: _Ranking, first: Any) -> tuple[int, int]:
    """Return how many rows have a better value than ``first``, and how many are listed before it.

    One query.
    """
    value, tie = getattr(first, ranking.column), getattr(first, ranking.tie_break)
    better = Q(**{f"{ranking.column}__{'lt' if ranking.ascending else 'gt'}": value})
    tied_ahead = Q(**{ranking.column: value, f"{ranking.tie_break}__lt": tie})
    up_to = Q(**{f"{ranking.column}__{'lte' if ranking.ascending else 'gte'}": value})
    counts = ranking.rows.filter(up_to).aggregate(
        better=Count("pk", filter=better),
        tied=Count("pk", filter=tied_ahead),
    )
    return counts["better"], counts["better"] + counts["tied"]
