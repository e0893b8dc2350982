"""The pages of seasons: the list of all, and of each the first places of its boards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from deltacrown.core.days import add_days
from deltacrown.core.pagination import Page
from deltacrown.games.models import Season
from deltacrown.games.services import get_season
from deltacrown.pages.seasons import list_seasons_page
from deltacrown.tournaments.models import Tournament
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.numbers.board_periods import of_season
from deltacrown.user_profile.numbers.leaderboards import Leaderboard
from deltacrown.user_profile.numbers.period_leaderboards import get_period_leaderboard, list_period_boards
from deltacrown.user_profile.stat_fields import list_leaderboards

#: Seasons on a page of the list, and on the page of one: places of each board, and tournaments.
PER_PAGE, PLACES, MOST_TOURNAMENTS = 20, 3, 10


@dataclass(frozen=True)
class SeasonItem:
    """A season, and how it stands at the time of reading.

    :param has_begun: whether its first day has come.
    :param is_final: whether its last day is over.
    """

    season: Season
    has_begun: bool
    is_final: bool

    @property
    def last_day(self) -> datetime:
        """Return the midnight at which its last day begins."""
        return add_days(self.season.until, days=-1)


@dataclass(frozen=True)
class SeasonPage(SeasonItem):
    """A season at a glance.

    :param boards: the first places of the boards on the front page that there are of periods; of those of
        single games, where the season is of one.
    :param tournaments: the first that started in it.
    """

    boards: list[Leaderboard]
    tournaments: list[Tournament]


def list_season_items(
    page: str | None = None, *, game: str | None = None, limit: int = PER_PAGE, now: datetime
) -> Page[SeasonItem]:
    """Return a page of the seasons, of a game and of all, latest first."""
    found = list_seasons_page(page, game=game, limit=limit)
    return found.with_items(lambda seasons: [_describe(season, now) for season in seasons])


def get_season_page(slug: str, *, now: datetime) -> SeasonPage:
    """Return a season with the first places of its boards.

    :raises NotFound: there is no such season.
    """
    season = get_season(slug)
    item = _describe(season, now)
    period = of_season(season)
    names = list_period_boards(in_game=season.game_id is not None)
    shown = [name for name, board in list_leaderboards(UserProfile).items() if board.on_front_page]
    return SeasonPage(
        season=season,
        has_begun=item.has_begun,
        is_final=item.is_final,
        boards=[get_period_leaderboard(name, period, limit=PLACES) for name in shown if name in names],
        tournaments=_list_tournaments(season),
    )


def _describe(season: Season, now: datetime) -> SeasonItem:
    return SeasonItem(season, has_begun=season.since <= now, is_final=season.until <= now)


def _list_tournaments(season: Season) -> list[Tournament]:
    within = Tournament.objects.exclude(status=Tournament.Status.DRAFT).select_related("game")
    within = within.filter(starts_at__gte=season.since, starts_at__lt=season.until)
    if season.game_id:
        within = within.filter(game_id=season.game_id)
    return list(within.order_by("starts_at", "slug")[:MOST_TOURNAMENTS])
