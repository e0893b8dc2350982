"""Listed players in the order of one of their numbers, read from the cached numbers through an index."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Q, QuerySet
from django.utils.translation import gettext, gettext_noop

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput, NotFound
from deltacrown.core.pagination import Page, check_limit, paginate_and_peek, write_cursor
from deltacrown.games.models import Game
from deltacrown.user_profile.histories.filters import get_game
from deltacrown.user_profile.models import GameStats, UserProfile
from deltacrown.user_profile.numbers.catalogue import get_stat_field
from deltacrown.user_profile.numbers.nearest import list_nearest
from deltacrown.user_profile.numbers.rank_counts import Asked, count_places
from deltacrown.user_profile.people.follows import list_circle
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

TIES_BY_PUBLIC_ID = gettext_noop(
    "Players with the same value share the rank, and as many ranks are left out after them: 1, 2, 2, 4. They "
    "are listed by public id."
)
TIES_BY_ACCOUNT = gettext_noop(
    "Players with the same value share the rank, and as many ranks are left out after them: 1, 2, 2, 4. They "
    "are listed in the order their accounts were made here."
)


@dataclass(frozen=True)
class LeaderboardEntry:
    """One ranked player; players with the same value share the rank, and the ranks after them are skipped.

    :param is_tied: whether others share the rank.
    :param beside: the player's number of ``Leaderboard.beside``.
    :param picture: the name of the player's picture; empty without one.
    """

    rank: int
    public_id: str
    name: str
    country: str
    value: int | Decimal
    is_tied: bool = False
    beside: int | Decimal | None = None
    picture: str = ""


@dataclass(frozen=True)
class Beside:
    """Another number that is shown beside the ranked one."""

    label: str
    unit: str


@dataclass(frozen=True)
class Leaderboard(Page[LeaderboardEntry]):
    """A page of a leaderboard.

    :param stat: the name of the number in the catalogue.
    :param rule: who is ranked, in one sentence.
    :param tie_rule: how players with the same value are ranked and listed.
    :param game: the game it is of, or ``None`` for all.
    :param left_out: who is not ranked though they played, in words; empty where everybody is.
    :param beside: another number of every player; those of a period have none.
    :param best: the value of the first player; ``None`` where the lowest value is the best.
    """

    stat: str
    label: str
    meaning: str
    unit: str
    rule: str
    tie_rule: str
    game: Game | None
    left_out: str = ""
    beside: Beside | None = None
    best: int | Decimal | None = None


@dataclass(frozen=True)
class _Ahead:
    """How a row stands: how many have a better value, how many the same one, and the highest value."""

    better: int = 0
    same: int = 0
    best: int | Decimal | None = None


@dataclass(frozen=True)
class _Ranking:
    """Where a leaderboard is read: which column of which table, in which order.

    :param is_whole: all listed players are ranked, not those of a country or circle alone.
    """

    rows: QuerySet[Any]
    column: str
    tie_break: str
    ascending: bool
    rule: str
    beside: str
    game: Game | None = None
    is_whole: bool = True

    @property
    def order(self) -> tuple[str, str]:
        return (self.column if self.ascending else f"-{self.column}", self.tie_break)


def get_leaderboard(
    stat: str,
    *,
    game: Game | str | None = None,
    country: str | None = None,
    circle_of: User | None = None,
    page: str | None = None,
    limit: int = 25,
) -> Leaderboard:
    """Return a page of the players ranked by ``stat``, best first.

    Standard competition ranking: 1, 2, 2, 4. Players with the same value are listed as ``tie_rule`` says:
    what is ordered by the numbers of one game has no public id beside it for an index to follow.

    :param stat: the name of a ranked number; ``list_boards`` has them.
    :param game: rank by the players' numbers in this game; a slug or a row.
    :param country: rank among the players of this country alone: two letters of ISO 3166-1.
    :param circle_of: rank among this user and whom they follow.
    :param limit: 1 to 100.
    :raises NotFound: when there is no such leaderboard, or not of one game.
    :raises InvalidInput: for a game, cursor or limit that cannot be taken.
    """
    check_limit(limit, MAX_LIMIT)
    ranking, of_game = _find_ranking(stat, game, country, circle_of)
    found, following = paginate_and_peek(
        ranking.rows,
        listing=_name_listing(stat, of_game, country, circle_of),
        order=ranking.order,
        cursor=page,
        limit=limit,
        max_limit=MAX_LIMIT,
    )
    field = get_stat_field(ranking.rows.model, ranking.column)
    ahead = _Ahead() if page is None else _count_before(ranking, found.items)
    entries = _ranked(ranking, found.items, ahead)
    if following and getattr(following, ranking.column) == entries[-1].value:
        entries[-1] = replace(entries[-1], is_tied=True)
    return Leaderboard(
        entries,
        found.next_cursor,
        found.has_next,
        stat=stat,
        label=field.label,
        meaning=field.meaning,
        unit=getattr(field, "unit", ""),
        rule=ranking.rule,
        tie_rule=get_tie_rule(in_game=of_game is not None),
        game=of_game,
        beside=_describe_beside(ranking),
        best=None if ranking.ascending else ahead.best or next((each.value for each in entries), None),
    )


def find_page_around(
    user: User,
    stat: str,
    *,
    game: Game | str | None = None,
    country: str | None = None,
    circle_of: User | None = None,
    before: int = 12,
) -> str | None:
    """Return the cursor of the page on which ``user`` is, after at most ``before`` others.

    ``None`` for the first page: they are among the first, or not ranked. The other parameters are those of
    ``get_leaderboard``, and so is what is raised.
    """
    ranking, of_game = _find_ranking(stat, game, country, circle_of)
    own = ranking.rows.filter(user=user).first()
    if own is None:
        return None
    last = list_nearest(ranking.rows, ranking.order, own, before + 1)[before:]
    listing = _name_listing(stat, of_game, country, circle_of)
    return next((write_cursor(row, listing=listing, order=ranking.order) for row in last), None)


def list_neighbours(
    user: User,
    stat: str,
    *,
    game: Game | str | None = None,
    country: str | None = None,
    circle_of: User | None = None,
    each_side: int = 5,
) -> list[LeaderboardEntry]:
    """Return ``user``'s place on a leaderboard, with those just before and after it.

    Nothing when they are not ranked.

    Everybody's ranks are those of the whole leaderboard.

    :param each_side: how many before, and how many after: 0 to 50.
    :raises NotFound: when there is no such leaderboard, or not of one game.
    :raises InvalidInput: for a game, country or number that cannot be taken.
    """
    check_limit(each_side + 1, MAX_EACH_SIDE + 1)
    ranking, _ = _find_ranking(stat, game, country, circle_of)
    own = ranking.rows.filter(user=user).first()
    if own is None:
        return []
    above = list_nearest(ranking.rows, ranking.order, own, each_side)
    # One row more, which tells whether the last one shares its rank; of the player alone the count tells it.
    one_more = each_side + 1 if each_side else 0
    below = list_nearest(ranking.rows, ranking.order, own, one_more, is_behind=True)
    rows = [*reversed(above), own, *below]
    return _ranked(ranking, rows, _count_before(ranking, rows))[: len(above) + 1 + each_side]


def get_tie_rule(*, in_game: bool) -> str:
    """Return how players with the same value are ranked and listed on the leaderboards of all time."""
    return gettext(TIES_BY_ACCOUNT if in_game else TIES_BY_PUBLIC_ID)


def check_country(country: str) -> None:
    """Refuse what is no code of a country.

    :raises InvalidInput: it is not two capital letters.
    """
    if not COUNTRY.fullmatch(country):
        raise InvalidInput(
            gettext("%(country)s is no country: use two capital letters of ISO 3166-1, as in DE, BR, KR.")
            % {"country": f"{country!r:.40}"},
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
        message = (
            gettext("There is no leaderboard of one game by %(stat)s: choose one of %(boards)s.")
            if in_game
            else gettext("There is no leaderboard by %(stat)s: choose one of %(boards)s.")
        )
        raise NotFound(message % {"stat": repr(stat), "boards": ", ".join(boards)}, field="stat")


def _find_ranking(
    stat: str, game: Game | str | None, country: str | None, circle_of: User | None
) -> tuple[_Ranking, Game | None]:
    _check_board(stat, in_game=game is not None)
    of_game = get_game(game) if isinstance(game, str) else game
    ranking = _in_game(stat, of_game) if of_game else _overall(stat)
    if circle_of:
        of_circle = ranking.rows.filter(user__in=list_circle(circle_of))
        ranking = replace(ranking, rows=of_circle, is_whole=False)
    if country is None:
        return ranking, of_game
    check_country(country)
    rows = ranking.rows.filter(**{"user__profile__country" if of_game else "country": country})
    return replace(ranking, rows=rows, is_whole=False), of_game


def _name_listing(stat: str, game: Game | None, country: str | None, circle_of: User | None) -> str:
    """Return what cursors are bound to."""
    circle = f"/{circle_of.pk}" if circle_of else ""
    return f"leaderboard/{stat}/{game.pk if game else ''}/{country or ''}{circle}"


def _overall(stat: str) -> _Ranking:
    board = list_leaderboards(UserProfile)[stat]
    rows = UserProfile.objects.filter(board.get_eligible(stat), is_listed()).select_related("user")
    return _ranking(board, rows, stat, "public_id")


def _in_game(stat: str, game: Game) -> _Ranking:
    column = list_twins(GameStats)[stat]
    board = list_twin_leaderboards(GameStats, UserProfile)[column]
    rows = filter_listed(GameStats.objects.filter(board.get_eligible(column), game=game))
    rows = rows.select_related("user__profile")
    return replace(_ranking(board, rows, column, "user_id"), game=game)


def _ranking(board: Declaration, rows: QuerySet[Any], column: str, tie_break: str) -> _Ranking:
    return _Ranking(rows, column, tie_break, board.lowest_first, board.get_rule(), board.beside)


def _ranked(ranking: _Ranking, rows: Sequence[Any], ahead: _Ahead) -> list[LeaderboardEntry]:
    entries: list[LeaderboardEntry] = []
    values = [getattr(row, ranking.column) for row in rows]
    # Those with the first value may begin before the first row.
    elsewhere = max(ahead.same - values.count(values[0]), 0) if values else 0
    for position, (row, value) in enumerate(zip(rows, values, strict=True), start=ahead.better + 1):
        if not entries:
            rank = position
        elif value != entries[-1].value:
            rank = position + elsewhere
        profile = row if isinstance(row, UserProfile) else row.user.profile
        entries.append(
            LeaderboardEntry(
                rank,
                profile.public_id,
                profile.display_name or row.user.username,
                profile.country,
                value,
                beside=getattr(row, ranking.beside) if ranking.beside else None,
                picture=profile.picture,
            )
        )
    return _mark_ties(entries, elsewhere)


def _mark_ties(entries: Sequence[LeaderboardEntry], elsewhere: int) -> list[LeaderboardEntry]:
    """Return the entries, those marked who share their rank.

    :param elsewhere: how many share the rank of the first but are not among them.
    """
    times = Counter(entry.rank for entry in entries)
    if entries:
        times[entries[0].rank] += elsewhere
    return [replace(entry, is_tied=times[entry.rank] > 1) for entry in entries]


def _describe_beside(ranking: _Ranking) -> Beside | None:
    if not ranking.beside:
        return None
    field = get_stat_field(ranking.rows.model, ranking.beside)
    return Beside(field.label, getattr(field, "unit", ""))


def _count_before(ranking: _Ranking, rows: Sequence[Any]) -> _Ahead:
    """Return how the first of ``rows`` stands. One query."""
    if not rows:
        return _Ahead()
    value = getattr(rows[0], ranking.column)
    if ranking.is_whole:
        game = ranking.game.pk if ranking.game else None
        asked = Asked(ranking.rows.model, ranking.column, value, game, with_highest=not ranking.ascending)
        [found] = count_places([asked])
        return _Ahead(found.better, found.same, found.highest)

    better = Q(**{f"{ranking.column}__{'lt' if ranking.ascending else 'gt'}": value})
    up_to = Q(**{f"{ranking.column}__{'lte' if ranking.ascending else 'gte'}": value})
    counts = ranking.rows.filter(up_to).aggregate(
        better=Count("pk", filter=better),
        same=Count("pk", filter=Q(**{ranking.column: value})),
        best=Max(ranking.column),
    )
    return _Ahead(**counts)
