"""The weekly look at the numbers per game. The engine keeps them exact at every write; this verifies that and warms the cache."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from deltacrown.core.inputs import check_integer
from deltacrown.games.models import Game
from deltacrown.pages import cached
from deltacrown.user_profile.models import GameStats
from deltacrown.user_profile.numbers.leaderboards import MAX_LIMIT, LeaderboardEntry, get_leaderboard
from django_tally.reconciliation import reconcile


@dataclass(frozen=True)
class Refreshed:
    """What was verified and what is in the cache now.

    :param run: the record of the verification.
    :param players: whose overview was put into the cache.
    """

    run: int
    numbers_checked: int
    numbers_drifted: int
    games: int
    players: int


def refresh_breakdowns(*, clock: Callable[[], datetime], players: int = MAX_LIMIT) -> Refreshed:
    """Recount the numbers per game, repair and log what differs, and put the overviews of the leading players into the cache.

    :param players: how many of each game's leaderboard of wins, 0 to 100.
    :raises InvalidInput: for a number out of range.
    """
    check_integer(players, field="players", least=0, most=MAX_LIMIT)
    run = reconcile(cause="refresh_breakdowns", clock=clock, holders=[GameStats]).run
    games = list(Game.objects.order_by("pk"))
    leading = {entry.public_id for game in games for entry in _list_leading(game, players)}
    for public_id in sorted(leading):
        cached.get_profile_page(public_id, viewer=None)
    return Refreshed(run.pk, run.numbers_checked, run.numbers_drifted, len(games), len(leading))


def _list_leading(game: Game, players: int) -> list[LeaderboardEntry]:
    return get_leaderboard("matches_won", game=game, limit=players).items if players else []
