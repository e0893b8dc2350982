"""The targets of SPEC section 8, cold: nothing is kept of a page. Players are drawn by their matches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from benchmarks.limits.figure import Figure, Samples, find_server, time_call

SAMPLES = 300
#: Page → its address below a player's, the budget of the issue and what the specification allows, in ms.
PAGES = {
    "profile": ("", 100, 300),
    "match history": ("matches/", 40, 200),
    "timeline": ("activity/", 30, 150),
}
BOARD_BUDGET, BOARD_TARGET = 15, 100


def measure(samples: int = SAMPLES) -> list[Figure]:
    """Time the pages of players and the boards through the whole site."""
    from django.test import Client

    from benchmarks.measures import draw_players, fetch
    from deltacrown.user_profile.numbers import leaderboards, rank_folding

    rank_folding.fold_changes()  # as a job does every ten minutes
    client = Client(SERVER_NAME="localhost")
    players = draw_players(samples)
    figures = []
    for page, (path, budget, target) in PAGES.items():
        calls = [partial(fetch, client, f"/players/{player}/{path}") for player in players]
        figures.append(_describe(f"{page} page, p99, cold", time_cold(calls), budget, target))
    names = [name for name, _ in leaderboards.list_boards()]
    boards = (names * (samples // len(names) + 1))[:samples]
    queries = [partial(leaderboards.get_leaderboard, board, limit=100) for board in boards]
    figures.append(_describe("board of 100, query, p99", time_cold(queries), BOARD_BUDGET, BOARD_TARGET))
    pages = [partial(fetch, client, f"/leaderboards/{board}/") for board in boards]
    figures.append(_describe("board page, p99, cold", time_cold(pages), BOARD_BUDGET, BOARD_TARGET))
    return figures


def _describe(name: str, ours: Samples, budget: float, target: float) -> Figure:
    note = f"The specification allows {target} ms."
    return Figure(name, ours, budget=budget, percentile=99, note=note)


def time_cold(calls: Sequence[Callable[[], object]]) -> Samples:
    """Make each call once, with an empty cache, after some that are not timed; return what they took."""
    from benchmarks.measures import forget

    for call in calls[:5]:  # compiles templates and statements
        call()
    server, taken = find_server(), []
    for call in calls:
        forget()
        taken.append(time_call(call, server))
    wall, client, cpu = zip(*taken, strict=True)
    return Samples(wall, client, cpu)
