"""Eight writers at once: on the same ten players, beside the same spread over two thousand.

Each writer is a process of its own, as workers of a site are. What they write is deleted at the end, and what
the players hold is synced with what is left.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing import get_context
from typing import Any

from benchmarks.limits.figure import Figure

PREFIX = "limit-contend-"
WRITERS = 8
#: Matches of two lines that each writer records in a round.
MATCHES = 40
HOT, SPREAD = 10, 2_000
#: What ten players must still allow, as a share of what is recorded of two thousand.
BUDGET = 0.7


def measure(samples: int = 5) -> list[Figure]:
    """Record matches of few players and of many in turn, from eight processes.

    :raises RuntimeError: a writer was refused, or was told of a deadlock; or numbers are wrong afterwards.
    """
    from django.db import connection

    with _players() as players, _writers() as pool:
        before = _read_deadlocks(connection)
        taken: tuple[list[float], list[float]] = ([], [])
        for round_ in range(-1, samples):  # the first is not timed
            for some, times in zip((players[:HOT], players), taken, strict=True):
                tasks = [(f"{round_}-{len(some)}-{writer}", some, MATCHES) for writer in range(WRITERS)]
                started = time.perf_counter()
                pool.map(record_some, tasks, chunksize=1)
                if round_ >= 0:
                    times.append((time.perf_counter() - started) / (WRITERS * MATCHES))
        deadlocks = _read_deadlocks(connection) - before
        _check(players)
    hot, spread = taken
    return [
        Figure(
            f"{WRITERS} writers on {HOT} players",
            hot,
            spread,
            unit="/s",
            budget=BUDGET,
            at_least=True,
            peer=f"the same on {SPREAD:,} players",
            note=f"Matches of two lines. {deadlocks} deadlocks at the server; no writer was told of one.",
        )
    ]


def record_some(task: tuple[str, Sequence[int], int]) -> None:
    """Record so many matches between players drawn from some, in the process of a writer."""
    from deltacrown.accounts.models import User
    from deltacrown.games.models import Game
    from deltacrown.games.services import LineRecord, MatchRecord, record_match

    name, players, matches = task
    draw = random.Random(name)
    game = Game.objects.order_by("pk")[0]
    pairs = [draw.sample(players, 2) for _ in range(matches)]
    users = User.objects.in_bulk({user for pair in pairs for user in pair})
    for number, pair in enumerate(pairs):
        lines = tuple(
            LineRecord(user=users[user], result=result, side=side, score="13")
            for user, result, side in zip(pair, ("WIN", "LOSS"), ("red", "blue"), strict=True)
        )
        now = datetime.now(UTC)
        record_match(
            record=MatchRecord(game=game, match_key=f"{PREFIX}{name}-{number}", played_at=now, lines=lines),
            now=now,
        )


@contextmanager
def _writers() -> Iterator[Any]:
    """Start the processes; each connects before the first round."""
    from benchmarks.database import connect

    context = get_context("spawn")  # a forked process would share this one's connection
    with context.Pool(WRITERS, connect, (os.environ["DATABASE_URL"],)) as pool:
        yield pool


@contextmanager
def _players() -> Iterator[list[int]]:
    """Give players who have played; take back afterwards what was recorded."""
    from deltacrown.games.models import Match
    from deltacrown.user_profile.achievements.syncing import sync_match_achievements
    from deltacrown.user_profile.models import UserProfile

    profiles = UserProfile.objects.filter(total_matches_played__range=(5, 5_000)).order_by("pk")
    try:
        yield list(profiles.values_list("user_id", flat=True)[:SPREAD])
    finally:
        written = Match.objects.filter(match_key__startswith=PREFIX)
        users = set(written.values_list("user_id", flat=True))
        written._raw_delete(written.db)
        sync_match_achievements(users=users)


def _read_deadlocks(connection: Any) -> int:
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def _check(players: Sequence[int]) -> None:
    from django_tally.feeds import list_holders
    from django_tally.verification import find_drift

    if found := find_drift(*list_holders(), first_keys=list(players)):
        raise RuntimeError(f"drift: {found[:3]}")
