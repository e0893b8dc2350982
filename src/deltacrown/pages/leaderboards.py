"""What the front page and the pages of leaderboards show, for all time, over periods and as of a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext, gettext_noop

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput
from deltacrown.core.inputs import is_storable
from deltacrown.games.models import Game, Season
from deltacrown.games.services import list_seasons
from deltacrown.user_profile.histories.filters import get_game
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.numbers import leaderboards, period_leaderboards
from deltacrown.user_profile.numbers.board_periods import ALL_TIME, Period, find_period
from deltacrown.user_profile.numbers.catalogue import list_game_stat_names
from deltacrown.user_profile.numbers.leaderboards import Leaderboard, LeaderboardEntry
from deltacrown.user_profile.people.addresses import get_player
from deltacrown.user_profile.privacy import Viewer
from deltacrown.user_profile.standing import is_listed
from deltacrown.user_profile.stat_fields import list_leaderboards

#: Period → what it is called; ``name_periods`` has it in the reader's language.
PERIODS = {
    ALL_TIME: gettext_noop("All time"),
    "season": gettext_noop("This season"),
    "30days": gettext_noop("Last 30 days"),
}
#: Whose place is asked for, where it is that of the reader.
ME = "me"
#: Players on a page.
PER_PAGE = 25
#: The most seasons to choose from, the latest; the page of seasons has the others.
MOST_SEASONS = 40


@dataclass(frozen=True)
class BoardChoice:
    """Which leaderboard is asked for.

    :param stat: the name of a stat.
    :param game: a game's slug, or ``None`` for all games.
    :param country: rank the players of this country only: two letters of ISO 3166-1.
    :param period: ``all``, ``season`` or ``30days``.
    :param season: the slug of a declared season.
    :param as_of: a date, the last day that counts.
    :param following: ``1`` to rank the reader and the players they follow only.
    """

    stat: str
    game: str | None = None
    country: str | None = None
    period: str = ALL_TIME
    season: str | None = None
    as_of: str | None = None
    following: str | None = None


@dataclass(frozen=True)
class PeriodOfBoard:
    """The period a leaderboard is of, as readers are told it.

    :param name: ``all``, ``season`` or ``30days``.
    :param label: what people call it: the name of a declared season, "Last 30 days".
    :param since: the midnight, in UTC, at which it begins; ``None`` for the beginning of everything.
    :param until: the midnight at which it ends; ``None`` for a period without an end.
    :param season: the declared season it is, or of which it is the first days.
    :param as_of: the end of the last day, where the reader chose it; ``None`` for now.
    :param is_final: whether it is over.
    """

    name: str
    label: str
    since: datetime | None
    until: datetime | None
    season: Season | None
    as_of: datetime | None
    is_final: bool

    @property
    def last_day(self) -> datetime | None:
        """Return the end of its last day."""
        return self.until - timedelta(microseconds=1) if self.until else None


@dataclass(frozen=True)
class BoardOverPeriod:
    """A page of a leaderboard, and the period that it is of."""

    board: Leaderboard
    period: PeriodOfBoard


@dataclass(frozen=True)
class LeaderboardPage(BoardOverPeriod):
    """A leaderboard, and the choices a reader has from there.

    :param boards: name and label of each leaderboard; those of single games or of periods when ``board`` is.
    :param games: the games to choose from; empty where the stat is not kept by game.
    :param seasons: the seasons to choose from, latest first; empty where there are no boards of periods.
    :param has_periods: whether there are leaderboards of periods by the stat.
    :param own: the place of the reader; ``None`` for who is not signed in or not ranked.
    """

    boards: list[tuple[str, str]]
    games: list[Game]
    seasons: list[Season]
    has_periods: bool
    own: LeaderboardEntry | None


@dataclass(frozen=True)
class PlaceOnBoard:
    """A player's place on a leaderboard, and the players around it.

    :param rank: on the whole leaderboard; ``None``, as ``value``, when the player is not ranked.
    :param entries: the players just before, the player, the players just after; empty when not ranked.
    :param game: the game it is of, or ``None`` for all.
    :param left_out: who is not ranked though they played, in words; empty where everybody is.
    """

    rank: int | None
    value: int | Decimal | None
    entries: list[LeaderboardEntry]
    tie_rule: str
    game: Game | None
    period: PeriodOfBoard
    left_out: str


@dataclass(frozen=True)
class _Asked:
    """A choice whose game and period are found; ``period`` is ``None`` for all time up to the present."""

    choice: BoardChoice
    game: Game | None
    period: Period | None
    now: datetime
    circle_of: User | None = None

    @property
    def narrowed(self) -> dict[str, Any]:
        """Return whose numbers are ranked, and which of them."""
        return {"game": self.game, "country": self.choice.country, "circle_of": self.circle_of}

    @property
    def left_out(self) -> str:
        """Return who is not ranked though they played, in words."""
        if self.period is None:
            return ""
        histories = period_leaderboards.list_left_out(self.choice.stat, self.period)
        return period_leaderboards.describe_left_out(histories)

    def describe(self) -> PeriodOfBoard:
        """Return the period as readers are told it."""
        period = self.period or Period(ALL_TIME)
        ends_at = period.until if period.as_of else None
        label = gettext("This quarter") if period.name == "season" else gettext(PERIODS[period.name])
        return PeriodOfBoard(
            name=period.name,
            label=period.season.name if period.season else label,
            since=period.since,
            until=period.until,
            season=period.season,
            as_of=ends_at - timedelta(microseconds=1) if ends_at else None,
            is_final=period.has_ended(self.now),
        )


def name_periods() -> dict[str, str]:
    """Return period → what it is called, in the reader's language."""
    return {name: gettext(words) for name, words in PERIODS.items()}


def list_front_boards(*, game: Game | None = None, limit: int = 5) -> list[Leaderboard]:
    """Return the first players of each leaderboard on the front page.

    :param game: rank by the numbers in this game; then those that are not kept by game give way to others.
    """
    boards = list_leaderboards(UserProfile)
    front = [stat for stat, board in boards.items() if board.on_front_page]
    if game:
        of_games = [name for name, _ in leaderboards.list_boards(in_game=True)]
        front = sorted(of_games, key=lambda stat: stat not in front)[: len(front)]
    return [leaderboards.get_leaderboard(stat, game=game, limit=limit) for stat in front]


def get_leaderboard_page(
    choice: BoardChoice, page: str | None, *, viewer: Viewer = None, now: datetime
) -> LeaderboardPage:
    """Return the chosen leaderboard with the others to choose from, and the place of ``viewer`` on it.

    Refusals are those of ``get_board``; besides, only who is signed in can rank whom they follow.
    """
    asked = _find(choice, now, viewer)
    shown = _read_board(asked, page, PER_PAGE)
    of_game = shown.board.game
    games = list(Game.objects.all()) if choice.stat in list_game_stat_names() else []

    of_periods = set(period_leaderboards.list_period_boards())
    boards = leaderboards.list_boards(in_game=of_game is not None)
    if asked.period:
        boards = [(name, label) for name, label in boards if name in of_periods]

    has_periods = choice.stat in of_periods
    return LeaderboardPage(
        board=shown.board,
        period=shown.period,
        boards=boards,
        games=games,
        seasons=_list_seasons(asked, of_game) if has_periods else [],
        has_periods=has_periods,
        own=_find_own(asked, shown.board, viewer),
    )


def find_page_around(choice: BoardChoice, around: str, *, viewer: Viewer, now: datetime) -> str | None:
    """Return the cursor of the page of the chosen leaderboard that a player is on.

    ``None`` for the first page: they are on it, not ranked, on no list, or there is no such player; it does
    not tell which. Refusals are those of ``get_leaderboard_page``.

    :param around: a public id, or ``ME`` for the viewer.
    """
    asked = _find(choice, now, viewer)
    user = _get_user(viewer) if around == ME else _find_listed(around)
    if user is None:
        return None
    if asked.period is None:
        return leaderboards.find_page_around(user, choice.stat, **asked.narrowed)
    return period_leaderboards.find_period_page_around(user, choice.stat, asked.period, **asked.narrowed)


def get_board(choice: BoardChoice, page: str | None, *, limit: int, now: datetime) -> BoardOverPeriod:
    """Return a page of the chosen leaderboard, best first.

    :param now: the present: what days are over, and which season is at hand.
    :raises NotFound: there is no such leaderboard.
    :raises InvalidInput: for a game, country, period, season, date, cursor or limit that cannot be taken.
    """
    return _read_board(_find(choice, now), page, limit)


def get_place(choice: BoardChoice, public_id: str, *, each_side: int, now: datetime) -> PlaceOnBoard:
    """Return the place of a player on the chosen leaderboard, with the players around it.

    :param each_side: how many players before, and how many after.
    :raises NotFound: there is no such player, or no such leaderboard.
    :raises InvalidInput: for a game, country, period, season, date or number that cannot be taken.
    """
    profile = get_player(public_id)
    asked = _find(choice, now)
    entries = _list_neighbours(asked, profile.user, each_side)
    if asked.period is None:
        tie_rule = leaderboards.get_tie_rule(in_game=choice.game is not None)
    else:
        tie_rule = leaderboards.get_tie_rule(in_game=False)

    own = next((entry for entry in entries if entry.public_id == profile.public_id), None)
    return PlaceOnBoard(
        rank=own.rank if own else None,
        value=own.value if own else None,
        entries=entries,
        tie_rule=tie_rule,
        game=asked.game,
        period=asked.describe(),
        left_out=asked.left_out,
    )


def _list_neighbours(asked: _Asked, user: User, each_side: int) -> list[LeaderboardEntry]:
    stat, period = asked.choice.stat, asked.period
    if period is None:
        return leaderboards.list_neighbours(user, stat, **asked.narrowed, each_side=each_side)
    return period_leaderboards.list_period_neighbours(
        user, stat, period, **asked.narrowed, each_side=each_side
    )


def _find_own(asked: _Asked, board: Leaderboard, viewer: Viewer) -> LeaderboardEntry | None:
    """Return the place of the viewer: from the page where it is on it, else in a query or two."""
    user = _get_user(viewer)
    if user is None:
        return None
    own = next((entry for entry in board.items if entry.public_id == user.profile.public_id), None)
    return own or next(iter(_list_neighbours(asked, user, 0)), None)


def _find_listed(public_id: str) -> User | None:
    if not is_storable(public_id, multiline=False):
        return None
    found = UserProfile.objects.filter(is_listed(), public_id=public_id).select_related("user").first()
    return found.user if found else None


def _get_user(viewer: Viewer) -> User | None:
    return viewer if isinstance(viewer, User) and hasattr(viewer, "profile") else None


def _find(choice: BoardChoice, now: datetime, viewer: Viewer = None) -> _Asked:
    user = _get_user(viewer) if choice.following else None
    if choice.following and user is None:
        raise InvalidInput(gettext("Sign in to rank yourself and the players you follow."), field="following")
    game = get_game(choice.game) if choice.game else None
    period = find_period(choice.period, season=choice.season, as_of=choice.as_of, game=game, now=now)
    return _Asked(choice, game or (period.game if period else None), period, now, user)


def _read_board(asked: _Asked, page: str | None, limit: int) -> BoardOverPeriod:
    stat, period = asked.choice.stat, asked.period
    if period is None:
        board = leaderboards.get_leaderboard(stat, **asked.narrowed, page=page, limit=limit)
    else:
        board = period_leaderboards.get_period_leaderboard(
            stat, period, **asked.narrowed, page=page, limit=limit
        )
    return BoardOverPeriod(board, asked.describe())


def _list_seasons(asked: _Asked, game: Game | None) -> list[Season]:
    """Return the latest seasons that there are boards of, and the one that is shown if it is older."""
    found = list_seasons(game)
    if asked.choice.stat not in period_leaderboards.list_period_boards(in_game=True):
        found = found.filter(game=None)
    seasons = list(found[:MOST_SEASONS])
    shown = asked.period.season if asked.period else None
    return seasons if shown is None or shown in seasons else [*seasons, shown]
