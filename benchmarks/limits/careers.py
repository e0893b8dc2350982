"""The player with the most matches: a rate over a whole career, as of a day, and how it is put together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from benchmarks.limits.figure import Figure, interleave

#: Two numbers over the rows that count: how many there are, and how many are wins.
COUNTED = (
    "count(*), count(*) FILTER (WHERE result = 'WIN') FROM games_match "
    "WHERE user_id = %s AND voided_at IS NULL AND uncounted_reason = ''"
)
#: What is measured, its budget in milliseconds, and the least that a database can be asked for it.
STATEMENTS = {
    "series, nothing kept": f"SELECT date_trunc('month', played_at AT TIME ZONE 'UTC'), {COUNTED} GROUP BY 1",
    "series": "SELECT token FROM tally_contentversion WHERE owner = %s",
    "explanation": f"SELECT {COUNTED}",
    "as-of": f"SELECT {COUNTED} AND played_at <= %s",
}


def measure(samples: int = 20) -> list[Figure]:
    """Return what a win rate over a career takes, beside one statement over an index for each."""
    from django.core.cache import cache

    from deltacrown.games.models import Match
    from deltacrown.user_profile.models import UserProfile
    from deltacrown.user_profile.services import stats_service

    profile = UserProfile.objects.select_related("user").order_by("-total_matches_played", "pk")[0]
    player, rate = profile.user, "overall_win_rate"
    times = Match.objects.filter(user=player).order_by("played_at").values_list("played_at", flat=True)
    half: datetime = times[times.count() // 2]
    viewed = {"viewer": player}
    series = partial(stats_service.get_stat_series, player, rate, **viewed)

    def read_series_anew() -> object:
        cache.clear()
        return series()

    asked: list[tuple[str, float, Callable[[], object], list[object]]] = [
        ("series, nothing kept", 10, read_series_anew, []),
        ("series", 10, series, []),
        ("explanation", 10, partial(stats_service.explain_stat, player, rate, **viewed), []),
        ("as-of", 25, partial(stats_service.get_stat_as_of, player, rate, half, **viewed), [half]),
    ]
    note = f"of a player with {profile.total_matches_played:,} matches"
    figures = []
    for what, budget, call, given in asked:
        ours, limit = interleave(call, partial(_run, STATEMENTS[what], [player.pk, *given]), samples)
        name = f"win rate of a career, {what}"
        peer = "the token of the player" if what == "series" else "one statement over the covering index"
        figures.append(Figure(name, ours, limit, budget=budget, budget_of="value", peer=peer, note=note))
    return figures


def _run(statement: str, params: list[object]) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        cursor.fetchall()
