"""Listed players in the order of one of their numbers, read from the cached numbers through an index."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, Max, Q
from django.utils.translation import gettext, gettext_noop

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput, NotFound
from deltacrown.core.pagination import Page, check_limit, name_cursor, write_plain
from deltacrown.games.models import Game
from deltacrown.user_profile.histories.filters import get_game
from deltacrown.user_profile.models import GameStats, UserProfile
from deltacrown.user_profile.numbers.board_around import read_around
from deltacrown.user_profile.numbers.board_rows import SIZES, BoardRow, Ranking, find_ranking
from deltacrown.user_profile.numbers.catalogue import get_stat_field
from deltacrown.user_profile.numbers.rank_counts import Asked, count_places
from deltacrown.user_profile.stat_fields import list_leaderboards, list_twins

MAX_LIMIT = SIZES[-1]
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


class LeaderboardEntry(NamedTuple):
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
    ranking = _find_ranking(stat, game, country, circle_of)
    found, following = ranking.read_page(listing=_name_listing(stat, ranking), cursor=page, limit=limit)
    field = get_stat_field(ranking.holder, ranking.column)
    ahead = _Ahead() if page is None else _count_before(ranking, found.items)
    entries = _ranked(ranking, found.items, ahead, following=following)
    return Leaderboard(
        entries,
        found.next_cursor,
        found.has_next,
        stat=stat,
        label=field.label,
        meaning=field.meaning,
        unit=getattr(field, "unit", ""),
        rule=ranking.board.get_rule(),
        tie_rule=get_tie_rule(in_game=ranking.game is not None),
        game=ranking.game,
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
    ranking = _find_ranking(stat, game, country, circle_of)
    found, place = read_around(ranking, user, before + 1, 0)
    if place <= before:
        return None
    name = name_cursor(_name_listing(stat, ranking), ranking.order)
    return write_plain(name, found[0][: len(ranking.order)])


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
    ranking = _find_ranking(stat, game, country, circle_of)
    # One row more, which tells whether the last one shares its rank; of the player alone the count tells it.
    found, place = read_around(ranking, user, each_side, each_side + 1 if each_side else 0)
    return _ranked(ranking, found, _count_before(ranking, found))[: place + each_side + 1]


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
    if stat not in list_leaderboards(UserProfile) or (in_game and stat not in list_twins(GameStats)):
        boards = dict(list_boards(in_game=in_game))
        message = (
            gettext("There is no leaderboard of one game by %(stat)s: choose one of %(boards)s.")
            if in_game
            else gettext("There is no leaderboard by %(stat)s: choose one of %(boards)s.")
        )
        raise NotFound(message % {"stat": repr(stat), "boards": ", ".join(boards)}, field="stat")


def _find_ranking(stat: str, game: Game | str | None, country: str | None, circle_of: User | None) -> Ranking:
    _check_board(stat, in_game=game is not None)
    of_game = get_game(game) if isinstance(game, str) else game
    if country is not None:
        check_country(country)
    return find_ranking(stat, game=of_game, country=country, circle_of=circle_of)


def _name_listing(stat: str, ranking: Ranking) -> str:
    """Return what cursors are bound to."""
    game, user = ranking.game, ranking.circle_of
    circle = f"/{user.pk}" if user else ""
    return f"leaderboard/{stat}/{game.pk if game else ''}/{ranking.country or ''}{circle}"


def _ranked(
    ranking: Ranking, rows: Sequence[BoardRow], ahead: _Ahead, *, following: Any = None
) -> list[LeaderboardEntry]:
    """Return rows with their ranks.

    :param following: the value of the row after them; None where there is none, or where nobody asks.
    """
    if not rows:
        return []
    sharing = Counter(row.value for row in rows)
    # Those with the first value may begin before the first row.
    elsewhere = max(ahead.same - sharing[rows[0].value], 0)
    sharing[rows[0].value] += elsewhere
    if following is not None:
        sharing[following] += 1

    entries: list[LeaderboardEntry] = []
    rank, value, has_beside = ahead.better + 1, rows[0].value, bool(ranking.board.beside)
    # By place: by their names a hundred take half as long again.
    for position, row in enumerate(rows, start=rank):
        own, _, public_id, display_name, username, country, picture, beside = row
        if own != value:
            rank, value = position + elsewhere, own
        is_tied, shown = sharing[value] > 1, beside if has_beside else None
        name = display_name or username
        entries.append(LeaderboardEntry(rank, public_id, name, country, value, is_tied, shown, picture))
    return entries


def _describe_beside(ranking: Ranking) -> Beside | None:
    if not ranking.board.beside:
        return None
    field = get_stat_field(ranking.holder, ranking.board.beside)
    return Beside(field.label, getattr(field, "unit", ""))


def _count_before(ranking: Ranking, rows: Sequence[BoardRow]) -> _Ahead:
    """Return how the first of ``rows`` stands. One query."""
    if not rows:
        return _Ahead()
    value = rows[0].value
    if ranking.is_whole:
        game = ranking.game.pk if ranking.game else None
        asked = Asked(ranking.holder, ranking.column, value, game, with_highest=not ranking.ascending)
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
