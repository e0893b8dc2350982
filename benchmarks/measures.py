"""Measurements of pages, recounts and inserts, with the targets of SPEC section 8.

Times are in milliseconds; there is one client, in the same process as the site.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import quantiles

from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from benchmarks.season import BATCH, TABLES, Size, fit


@dataclass(frozen=True)
class Timing:
    """Percentiles of call times and their target, in milliseconds."""

    what: str
    target: float
    p50: float
    p99: float

    @property
    def times_better(self) -> float:
        return self.target / self.p99


def time_calls(what: str, target: float, calls: Sequence[Callable[[], object]]) -> Timing:
    """Return the percentiles of the times that ``calls`` take; there should be a hundred or more."""
    taken = []
    for call in calls:
        started = time.perf_counter()
        call()
        taken.append((time.perf_counter() - started) * 1000)
    cuts = quantiles(taken, n=100, method="inclusive")
    return Timing(what, target, cuts[49], cuts[98])


def measure_pages(samples: int) -> list[Timing]:
    """Time the pages of SPEC section 8 through the whole site, with and without the cache.

    The players are drawn in proportion to their matches.
    """
    from deltacrown.user_profile.numbers import leaderboards

    players, client = draw_players(samples), Client(SERVER_NAME="localhost")
    timings = []
    for name, path, target in (
        ("profile page", "", 300),
        ("match history page", "matches/", 200),
        ("timeline", "activity/", 150),
    ):
        addresses = [f"/players/{player}/{path}" for player in players]
        warm_up(client, addresses)

        uncached = [partial(fetch, client, address, clear=True) for address in addresses]
        timings.append(time_calls(f"{name}, not cached", target, uncached))

        for address in addresses:
            fetch(client, address)
        cached = [partial(fetch, client, address) for address in addresses]
        timings.append(time_calls(f"{name}, cached", target, cached))

    names = [name for name, _ in leaderboards.list_boards()]
    boards = names * (samples // len(names) + 1)
    queries = [partial(leaderboards.get_leaderboard, board, limit=100) for board in boards]
    timings.append(time_calls("leaderboard query, top 100", 100, queries))

    pages = [partial(fetch, client, f"/leaderboards/{board}/") for board in boards]
    timings.append(time_calls("leaderboard page, top 25", 100, pages))
    return timings


def draw_players(samples: int) -> list[str]:
    """Return different public ids, drawn in proportion to the matches of their players."""
    from deltacrown.user_profile.models import UserProfile

    rows = list(UserProfile.objects.values_list("public_id", "total_matches_played"))
    drawn = random.Random(7).choices(
        [row[0] for row in rows], weights=[row[1] + 1 for row in rows], k=samples * 3
    )
    return list(dict.fromkeys(drawn))[:samples]


def warm_up(client: Client, addresses: list[str]) -> None:
    """Open some pages, so that templates are compiled and the database connection is open."""
    for address in addresses[:5]:
        fetch(client, address)


def fetch(client: Client, address: str, *, clear: bool = False) -> None:
    """Open a page; clear the cache before if ``clear``.

    :raises RuntimeError: the status is not 200.
    """
    if clear:
        cache.clear()
    answer = client.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answered {answer.status_code}")


def measure_verification() -> dict[str, float]:
    """Return how many numbers a full recount verifies, and the seconds it takes.

    :raises RuntimeError: it finds drift.
    """
    from django_tally.feeds import list_holders
    from django_tally.verification import count_numbers, find_drift

    started = time.perf_counter()
    drift = [drift for holder in list_holders() for drift in find_drift(holder)]
    taken = time.perf_counter() - started
    if drift:
        raise RuntimeError(f"drift: {drift[:3]}")
    return {"numbers": sum(count_numbers(holder) for holder in list_holders()), "seconds": taken}


def measure_inserts(size: Size, batches: int) -> dict[str, float]:
    """Return match rows inserted per second: with all triggers, without those of content tokens, without any.

    Each is the best of ``batches`` attempts.
    """
    from django_tally.triggers import installation

    best: dict[str, float] = {}
    for attempt in range(batches):
        for name, prefix in (
            ("all triggers", None),
            ("without content versions", "tally_version_"),
            ("no triggers", "tally_"),
        ):
            with transaction.atomic():
                drop_triggers(installation.read_installed(connection), prefix)
                best[name] = max(best.get(name, 0), insert_batch(size, attempt))
                transaction.set_rollback(True)
        installation.find_faults(connection)
    return best


def drop_triggers(installed: dict[str, tuple[str, str]], prefix: str | None) -> None:
    """Drop the triggers whose name begins with ``prefix``; none if it is None. The caller rolls this back."""
    with connection.cursor() as cursor:
        for name, (table, _) in installed.items():
            if prefix and name.startswith(prefix):
                cursor.execute(f'DROP TRIGGER {name} ON "{table}"')


def insert_batch(size: Size, attempt: int) -> float:
    """Insert match rows, 100 per statement, and return the rows per second."""
    start = size.matches + 1 + attempt * BATCH
    started = time.perf_counter()
    with connection.cursor() as cursor:
        for first in range(start, start + BATCH, 100):
            cursor.execute(fit(TABLES["games_match"][0], size, first, first + 99))
    return BATCH / (time.perf_counter() - started)


def measure_single_inserts(rows: int) -> float:
    """Create matches with ``save()``, one transaction each, with all triggers; return matches per second."""
    from deltacrown.accounts.models import User
    from deltacrown.games.models import Game, Match

    user, game = User.objects.order_by("pk")[0], Game.objects.order_by("pk")[0]
    started = time.perf_counter()
    for number in range(rows):
        Match.objects.create(
            user=user, game=game, match_key=f"single-{number}", result="WIN", played_at=timezone.now()
        )
    return rows / (time.perf_counter() - started)
