"""Places on leaderboards: one's own in the middle of a board, those around it, and boards of a period."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import cycle
from typing import Any

from benchmarks.limits.figure import Figure, interleave

BOARD = "matches_won"
#: So many players in the middle of the board are asked for in turn.
PLAYERS = 20
PERIODS = ("season", "30days")
#: The end of the seven years of the seed. Facts that are dated later than the present count: as of a day
#: before, the last thirty days would be all the months from there to the end.
NOW = datetime(2025, 12, 30, tzinfo=UTC)


def measure(samples: int = 30) -> list[Figure]:
    """Return what one's place takes with the changes of all players counted, beside a read by key."""
    from deltacrown.user_profile.models import UserProfile
    from deltacrown.user_profile.numbers import leaderboards, rank_folding

    rank_folding.fold_changes()
    profiles = UserProfile.objects.select_related("user")
    players = cycle(draw_middle())

    def read_by_key() -> object:
        return profiles.get(pk=next(players).profile.pk)

    calls: dict[str, Callable[[], object]] = {
        "my rank, in the middle of all": lambda: leaderboards.list_neighbours(
            next(players), BOARD, each_side=0
        ),
        "five around me, in the middle of all": lambda: leaderboards.list_neighbours(next(players), BOARD),
        "the page around me": lambda: leaderboards.find_page_around(next(players), BOARD),
    }
    figures = []
    for name, call in calls.items():
        ours, limit = interleave(call, read_by_key, samples)
        figures.append(Figure(name, ours, limit, budget=5, budget_of="value", peer="a read by key"))
    return figures


def measure_periods(samples: int = 10) -> Iterator[Figure]:
    """Yield what the first hundred of a period take, by a count and by a rate."""
    from deltacrown.user_profile.numbers.board_periods import get_period
    from deltacrown.user_profile.numbers.leaderboards import get_leaderboard
    from deltacrown.user_profile.numbers.period_leaderboards import get_period_leaderboard

    for name in PERIODS:
        period = get_period(name, now=NOW)
        for stat in (BOARD, "overall_win_rate"):
            call = partial(get_period_leaderboard, stat, period, limit=100)
            ours, limit = interleave(call, partial(get_leaderboard, stat, limit=100), samples)
            title = f"board of a period: {name}, {stat}"
            peer = "the board of all time, which is kept"
            yield Figure(title, ours, limit, budget=50, budget_of="value", peer=peer)


def draw_middle() -> list[Any]:
    """Return the players in the middle of the board.

    :raises RuntimeError: fewer are ranked: the site was not filled.
    """
    from deltacrown.accounts.models import User
    from deltacrown.user_profile.models import UserProfile

    ranked = UserProfile.objects.filter(standing="ACTIVE", **{f"{BOARD}__gt": 0}).order_by(f"-{BOARD}", "pk")
    first = max(ranked.count() // 2 - PLAYERS // 2, 0)
    middle = list(ranked[first : first + PLAYERS].values_list("user", flat=True))
    if len(middle) < PLAYERS:
        raise RuntimeError(f"only {len(middle)} players are ranked by {BOARD}")
    return list(User.objects.filter(pk__in=middle).select_related("profile"))
