"""The weekly job on the stats per game: verify the numbers, and fill the cache.

What the leading players of each game have in their games is kept until the next run, their overviews for as
long as overviews are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from deltacrown.core.inputs import check_integer
from deltacrown.games.models import Game
from deltacrown.pages import cached
from deltacrown.user_profile.models import GameStats
from deltacrown.user_profile.numbers.catalogue import get_game_breakdown
from deltacrown.user_profile.numbers.leaderboards import MAX_LIMIT, LeaderboardEntry, get_leaderboard
from deltacrown.user_profile.people.addresses import find_users
from django_tally.reconciliation import reconcile


@dataclass(frozen=True)
class RefreshedBreakdowns:
    """The outcome of the job.

    :param run: the key of the verification's record.
    :param players: of how many players breakdowns and overviews were put into the cache.
    """

    run: int
    numbers_checked: int
    numbers_drifted: int
    games: int
    players: int


def refresh_breakdowns(*, clock: Callable[[], datetime], players: int = MAX_LIMIT) -> RefreshedBreakdowns:
    """Verify the stats per game, repair drift, and cache the leading players' breakdowns and overviews.

    :param players: how many players of each game's leaderboard by wins, 0 to 100.
    :raises InvalidInput: for a number out of range.
    """
    check_integer(players, field="players", least=0, most=MAX_LIMIT)
    run = reconcile(cause="refresh_breakdowns", clock=clock, holders=[GameStats]).run
    games = list(Game.objects.order_by("pk"))
    leading: set[str] = set()
    for game in games:
        leading.update(entry.public_id for entry in _list_leading(game, players))
    for public_id, user in find_users(leading).items():
        get_game_breakdown(user)
        cached.get_profile_page(public_id, viewer=None)
        cached.get_overview_page(public_id, None, viewer=None, now=clock())
    return RefreshedBreakdowns(run.pk, run.numbers_checked, run.numbers_drifted, len(games), len(leading))


def _list_leading(game: Game, players: int) -> list[LeaderboardEntry]:
    return get_leaderboard("matches_won", game=game, limit=players).items if players else []
