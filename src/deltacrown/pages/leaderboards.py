"""What the front page and the pages of leaderboards show, for all time and over periods."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from deltacrown.games.models import Game
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.numbers import leaderboards, period_leaderboards
from deltacrown.user_profile.numbers.catalogue import list_game_stat_names
from deltacrown.user_profile.numbers.leaderboards import Leaderboard, LeaderboardEntry
from deltacrown.user_profile.people.addresses import get_player
from deltacrown.user_profile.stat_fields import list_leaderboards

#: The period of a leaderboard that counts everything.
ALL_TIME = "all"
#: Period → what it is called.
PERIODS = {ALL_TIME: "All time", "season": "This quarter", "30days": "Last 30 days"}
#: Players on a page.
PER_PAGE = 25


@dataclass(frozen=True)
class LeaderboardPage:
    """A leaderboard, and the choices a reader has from there.

    :param since: when its period began; ``None`` for all time.
    :param boards: name and label of each leaderboard; those of single games or of periods when ``board`` is.
    :param games: the games to choose from; empty where the stat is not kept by game.
    :param has_periods: whether there are leaderboards of periods by the stat.
    """

    board: Leaderboard
    since: datetime | None
    boards: list[tuple[str, str]]
    games: list[Game]
    has_periods: bool


@dataclass(frozen=True)
class BoardChoice:
    """Which leaderboard is asked for.

    :param stat: the name of a stat.
    :param game: a game's slug, or ``None`` for all games.
    :param country: rank the players of this country only: two letters of ISO 3166-1.
    :param period: ``all``, ``season`` or ``30days``.
    """

    stat: str
    game: str | None = None
    country: str | None = None
    period: str = ALL_TIME

    @property
    def period_label(self) -> str:
        """Return what the period is called."""
        return PERIODS.get(self.period, self.period)

    @property
    def narrowed(self) -> dict[str, Any]:
        """Return whose numbers are ranked, and which of them."""
        return {"game": self.game, "country": self.country}


@dataclass(frozen=True)
class BoardOverPeriod:
    """A page of a leaderboard, and when its period began; ``since`` is ``None`` for all time."""

    board: Leaderboard
    since: datetime | None


@dataclass(frozen=True)
class PlaceOnBoard:
    """A player's place on a leaderboard, and the players around it.

    :param rank: on the whole leaderboard; ``None``, as ``value``, when the player is not ranked.
    :param entries: the players just before, the player, the players just after; empty when not ranked.
    :param since: when the period began; ``None`` for all time.
    """

    rank: int | None
    value: int | Decimal | None
    entries: list[LeaderboardEntry]
    tie_rule: str
    since: datetime | None


def list_front_boards(*, limit: int = 5) -> list[Leaderboard]:
    """Return the first players of each leaderboard on the front page."""
    boards = list_leaderboards(UserProfile)
    shown = [stat for stat, board in boards.items() if board.on_front_page]
    return [leaderboards.get_leaderboard(stat, limit=limit) for stat in shown]


def get_leaderboard_page(choice: BoardChoice, page: str | None, *, now: datetime) -> LeaderboardPage:
    """Return the chosen leaderboard with the others to choose from.

    Refusals are those of ``get_board``.
    """
    shown = get_board(choice, page, limit=PER_PAGE, now=now)
    games = list(Game.objects.all()) if choice.stat in list_game_stat_names() else []

    of_periods = set(period_leaderboards.list_period_boards())
    boards = leaderboards.list_boards(in_game=choice.game is not None)
    if shown.since:
        boards = [(name, label) for name, label in boards if name in of_periods]

    return LeaderboardPage(
        board=shown.board,
        since=shown.since,
        boards=boards,
        games=games,
        has_periods=choice.stat in of_periods,
    )


def get_board(choice: BoardChoice, page: str | None, *, limit: int, now: datetime) -> BoardOverPeriod:
    """Return a page of the chosen leaderboard, best first.

    :param now: the end of the period.
    :raises NotFound: there is no such leaderboard.
    :raises InvalidInput: for a game, country, cursor or limit that cannot be taken.
    """
    period = _get_period(choice, now)
    if period is None:
        board = leaderboards.get_leaderboard(choice.stat, **choice.narrowed, page=page, limit=limit)
        return BoardOverPeriod(board, None)

    board = period_leaderboards.get_period_leaderboard(
        choice.stat, period, **choice.narrowed, page=page, limit=limit
    )
    return BoardOverPeriod(board, period.since)


def get_place(choice: BoardChoice, public_id: str, *, each_side: int, now: datetime) -> PlaceOnBoard:
    """Return the place of a player on the chosen leaderboard, with the players around it.

    :param each_side: how many players before, and how many after.
    :raises NotFound: there is no such player, or no such leaderboard.
    :raises InvalidInput: for a game, country or number that cannot be taken.
    """
    profile = get_player(public_id)
    user = profile.user
    period = _get_period(choice, now)
    if period is None:
        entries = leaderboards.list_neighbours(user, choice.stat, **choice.narrowed, each_side=each_side)
        tie_rule = leaderboards.get_tie_rule(in_game=choice.game is not None)
    else:
        entries = period_leaderboards.list_period_neighbours(
            user, choice.stat, period, **choice.narrowed, each_side=each_side
        )
        tie_rule = leaderboards.TIES_BY_PUBLIC_ID

    own = next((entry for entry in entries if entry.public_id == profile.public_id), None)
    return PlaceOnBoard(
        rank=own.rank if own else None,
        value=own.value if own else None,
        entries=entries,
        tie_rule=tie_rule,
        since=period.since if period else None,
    )


def _get_period(choice: BoardChoice, now: datetime) -> period_leaderboards.Period | None:
    return None if choice.period == ALL_TIME else period_leaderboards.get_period(choice.period, now=now)
