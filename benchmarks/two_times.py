"""``python -m benchmarks.two_times``: a player with many matches, by when they happened and were known.

On PostgreSQL, with the settings of the other benchmarks, beside the matches of others. Each call is timed on
tables that were just loaded and analysed, and again after a VACUUM.
"""

from __future__ import annotations

import argparse
import inspect
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.database import throwaway_postgresql

#: Rows that one statement records, as an import does.
BATCH = 500
YEARS = 20
FIRST_YEAR = 2006

MATCHES = (
    "INSERT INTO games_match (user_id, game_id, match_key, result, played_at) "
    "SELECT {user}, {game}, '{prefix}' || i, (ARRAY['WIN', 'LOSS', 'DRAW'])[1 + i * 7 % 3], "
    "timestamptz '2006-01-01' + (i * 7919 % {total}) * (interval '20 years' / {total}) "
    "FROM generate_series({first}, {last}) i"
)
ARCHIVED = "WITH old AS (DELETE FROM games_match WHERE user_id = {user} AND id % 10 = 1 RETURNING *) "
VOIDED = (
    "UPDATE games_match SET voided_at = now(), void_reason = 'cheat' WHERE user_id = {user} AND id % 20 = 2"
)
REVISED = (
    "UPDATE games_match SET result = CASE result WHEN 'WIN' THEN 'LOSS' ELSE 'WIN' END "
    "WHERE user_id = {user} AND id % 50 = 3"
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.two_times", description=__doc__)
    parser.add_argument("--matches", type=int, default=100_000, help="of the player (default %(default)s)")
    parser.add_argument("--others", type=int, default=200_000, help="matches of others (default %(default)s)")
    parser.add_argument("--samples", type=int, default=25, help="of each call (default %(default)s)")
    options = parser.parse_args()
    with throwaway_postgresql():
        run(options.matches, options.others, options.samples)


def run(matches: int, others: int, samples: int) -> None:
    """Fill the tables, and print what each call takes in each of their states."""
    from django.db import connection

    started = time.perf_counter()
    player, known_at = fill(matches, others)
    print(
        f"Filled in {time.perf_counter() - started:.0f} s: {matches:,} matches beside {others:,}.", flush=True
    )
    calls = list_calls(player, known_at)
    for state, statement in (("freshly loaded, analysed", "ANALYZE"), ("after VACUUM", "VACUUM ANALYZE")):
        with connection.cursor() as cursor:
            cursor.execute(statement)
        print(f"\n{state:38}{'target':>9}{'median':>10}{'CPU':>10}")
        for what, target, call in calls:
            wall, cpu = measure(call, samples)
            limit = f"{target} ms" if target else "none"
            print(f"{what:38}{limit:>9}{wall:7.1f} ms{cpu:7.1f} ms", flush=True)


def fill(matches: int, others: int) -> tuple[Any, datetime]:
    """Record a player and others in batches, archive, void and correct some; return when they were recorded.

    :return: the player, and a time halfway through the recording.
    """
    from django.db import connection

    from deltacrown.accounts.models import User
    from deltacrown.games.models import Game

    games = [Game.objects.create(slug=slug, name=slug.title()).pk for slug in ("rocket", "chess")]
    player, *rest = [User.objects.create(username=f"player-{n}") for n in range(21)]
    known_at = None
    with connection.cursor() as cursor:
        for user, count in [*((other, others // len(rest)) for other in rest), (player, matches)]:
            for first in range(1, count + 1, BATCH):
                last = min(first + BATCH - 1, count)
                game = games[first // BATCH % 2]
                values = {"user": user.pk, "prefix": f"{user.username}-", "game": game, "total": count}
                cursor.execute(MATCHES.format(first=first, last=last, **values))
                if user is player and first <= count // 2:
                    cursor.execute("SELECT clock_timestamp()")
                    (known_at,) = cursor.fetchone()
        archive(cursor, player.pk)
        for statement in (VOIDED, REVISED):
            cursor.execute(statement.format(user=player.pk))
    assert known_at is not None
    return player, known_at


def archive(cursor: Any, user: int) -> None:
    """Move a tenth of a player's matches to the archive, as the job does."""
    from deltacrown.games.models import Match

    columns = ", ".join(f'"{field.column}"' for field in Match._meta.concrete_fields)
    moved = f"INSERT INTO games_archivedmatch ({columns}, archived_at) SELECT {columns}, now() FROM old"
    cursor.execute(ARCHIVED.format(user=user) + moved)


def list_calls(player: Any, known_at: datetime) -> list[tuple[str, int, Callable[[], object]]]:
    """Return what is measured: its name, its target in milliseconds, and the call."""
    from deltacrown.games.models import Match
    from deltacrown.user_profile.models import UserProfile
    from deltacrown.user_profile.numbers.rolling import Rolling
    from deltacrown.user_profile.services.stats_service import get_stat_history, get_stat_series
    from django_tally.as_of import get_as_of
    from django_tally.periods import Period, read_periods

    keys = {"user": player.pk}
    won, rate = (partial(get_as_of, UserProfile, name, keys) for name in ("matches_won", "overall_win_rate"))
    series = partial(read_periods, UserProfile, keys=keys)
    at = datetime(2016, 1, 1, tzinfo=UTC)
    months = list_months(Period)
    casual = {Match: Match.objects.filter(user=player, kind="CASUAL")}
    calls: list[tuple[str, int, Callable[[], object]]] = [
        ("as of, a count", 25, partial(won, at=at)),
        ("as of, a rate", 25, partial(rate, at=at)),
        ("as of, a rate, now", 25, partial(rate, at=datetime.now(UTC))),
        ("as of, a rate, as known", 0, partial(rate, at=at, known_at=known_at)),
        ("a rate, as known", 0, partial(rate, known_at=known_at)),
        (f"{len(months)} months, a count", 60, partial(series, "matches_won", months)),
        (f"{len(months)} months, a rate", 60, partial(series, "overall_win_rate", months)),
        (f"{len(months)} months, filtered", 0, partial(series, "overall_win_rate", months, among=casual)),
        (
            f"{len(months)} months, as known",
            0,
            partial(series, "overall_win_rate", months, known_at=known_at),
        ),
    ]
    served = partial(get_stat_series, player, "overall_win_rate", viewer=player)
    calls += [
        ("a series by month", 0, served),
        ("a series by month, filtered", 0, partial(served, filters={"kind": "CASUAL"})),
        ("a series by month, over 20 matches", 0, partial(served, rolling=Rolling(matches=20))),
    ]
    history = partial(get_stat_history, player, viewer=player)
    for order in ("happened", "known"):
        if "order" in inspect.signature(get_stat_history).parameters:
            ordered = partial(history, "overall_win_rate", order=order)
            calls.append((f"history page, {order}", 10, ordered))
    return calls


def list_months(period: Any) -> list[Any]:
    """Return a period per month of all years."""
    bounds = [
        datetime(FIRST_YEAR + year, month, 1, tzinfo=UTC) for year in range(YEARS) for month in range(1, 13)
    ]
    bounds.append(bounds[-1] + timedelta(days=31))
    return [period(since, until) for since, until in pairwise(bounds)]


def measure(call: Callable[[], object], samples: int) -> tuple[float, float]:
    """Return the median time of a call, and its mean CPU here and in the server, in milliseconds."""
    server = find_server_process()
    call()
    walls, before = [], time.process_time() + read_cpu(server)
    for _ in range(samples):
        started = time.perf_counter()
        call()
        walls.append(time.perf_counter() - started)
    cpu = time.process_time() + read_cpu(server) - before
    return median(walls) * 1000, cpu / samples * 1000


def find_server_process() -> int:
    """Return the id of the server's process that serves this connection."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def read_cpu(process: int) -> float:
    """Return the seconds of CPU that a process has used, as Linux counts them.

    To the nanosecond where the kernel keeps statistics of its scheduler, and to the tick otherwise.
    """
    exact = Path(f"/proc/{process}/schedstat")
    if exact.exists() and (nanoseconds := int(exact.read_text().split()[0])):
        return nanoseconds / 1e9
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
