"""``python -m benchmarks.careers``: the pages of a player with 100,000 matches, cold.

On PostgreSQL, with the settings of the other benchmarks. Each page is asked for by a visitor after a write
about the player, so that nothing that was kept of it may be shown. Printed are the statements, the median
time, and the mean CPU here and in the server; a page over its budget of CPU is marked.
"""

from __future__ import annotations

import argparse
import time
from statistics import median
from typing import Any

from benchmarks.database import throwaway_postgresql
from benchmarks.two_times import BATCH, archive, find_server_process, read_cpu

#: Milliseconds of CPU for a page that nothing is kept of.
BUDGET = 150
RIVALS = 20

#: Both sides of matches: the result of the one is the opposite of the other's.
MATCHES = (
    "INSERT INTO games_match (user_id, game_id, match_key, side, result, score, stats, played_at) "
    "SELECT CASE side WHEN 0 THEN {player} ELSE {rival} END, {game}, 'career-' || i, 'side ' || side, "
    "(ARRAY['WIN', 'LOSS', 'DRAW', 'LOSS', 'WIN', 'DRAW'])[1 + side * 3 + i * 7 % 3], '13', "
    "jsonb_build_object('kills', i % 30, 'agent', 'agent ' || i % 12), "
    "timestamptz '2006-01-01' + i * (interval '20 years' / {total}) "
    "FROM generate_series({first}, {last}) i, generate_series(0, 1) side"
)
VOIDED = (
    "UPDATE games_match SET voided_at = now(), void_reason = 'cheat' WHERE user_id = {user} AND id % 200 = 2"
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.careers", description=__doc__)
    parser.add_argument("--matches", type=int, default=100_000, help="of the player (default %(default)s)")
    parser.add_argument("--samples", type=int, default=9, help="of each page (default %(default)s)")
    options = parser.parse_args()
    with throwaway_postgresql():
        run(options.matches, options.samples)


def run(matches: int, samples: int) -> None:
    """Fill the tables, and print what each page takes."""
    from django.db import connection

    started = time.perf_counter()
    profile, rival = fill(matches)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    print(f"Filled in {time.perf_counter() - started:.0f} s: {matches:,} matches.\n", flush=True)
    print(f"{'page':44}{'statements':>11}{'median':>11}{'CPU':>11}")
    for path in list_paths(profile.public_id, rival.public_id):
        statements, wall, cpu = measure(path, profile, samples)
        mark = "  over budget" if cpu > BUDGET else ""
        print(f"{path[-44:]:44}{statements:11}{wall:8.1f} ms{cpu:8.1f} ms{mark}", flush=True)


def fill(matches: int) -> tuple[Any, Any]:
    """Record a player's matches against some rivals, archive and void some.

    :return: the profiles of the player and of a rival.
    """
    from django.db import connection

    from deltacrown.accounts.models import User
    from deltacrown.games.models import Game
    from deltacrown.user_profile.models import UserProfile

    games = [Game.objects.create(slug=slug, name=slug.title()).pk for slug in ("rocket", "chess")]
    player, *rivals = [User.objects.create(username=f"player-{n}") for n in range(RIVALS + 1)]
    with connection.cursor() as cursor:
        for batch, first in enumerate(range(1, matches + 1, BATCH)):
            sides = {"player": player.pk, "rival": rivals[batch % RIVALS].pk, "game": games[batch % 2]}
            last = min(first + BATCH - 1, matches)
            cursor.execute(MATCHES.format(first=first, last=last, total=matches, **sides))
        archive(cursor, player.pk)
        cursor.execute(VOIDED.format(user=player.pk))
    profiles = {each.user_id: each for each in UserProfile.objects.all()}
    return profiles[player.pk], profiles[rivals[0].pk]


def list_paths(public_id: str, rival: str) -> list[str]:
    """Return the pages to ask for."""
    own = f"/players/{public_id}/"
    pages = ["", "?game=rocket", "matches/", "matches/?game=rocket&result=WIN"]
    pages.append("matches/?played_to=2010-01-01")
    pages += ["series/", "tournaments/", "activity/", "company/", "bests/", "places/", f"versus/{rival}/"]
    for stat in ("matches_won", "overall_win_rate", "level"):
        pages += [f"stats/{stat}/", f"stats/{stat}/history/"]
    pages += ["stats/matches_won/?chart=known", "stats/overall_win_rate/?chart=known"]
    return [*(own + page for page in pages), f"/leaderboards/matches_won/?around={public_id}", "/"]


def measure(path: str, profile: Any, samples: int) -> tuple[int, float, float]:
    """Return the statements of a page, its median time, and its mean CPU in milliseconds."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    server, client = find_server_process(), Client()
    walls, spent, statements = [], 0.0, 0
    for number in range(samples + 1):
        # A write about the player: what was kept of the pages is of no use afterwards.
        type(profile).objects.filter(pk=profile.pk).update(bio=f"Sample {number} of {path}")
        before, started = time.process_time() + read_cpu(server), time.perf_counter()
        if number:
            answer = client.get(path)
            walls.append(time.perf_counter() - started)
            spent += time.process_time() + read_cpu(server) - before
        else:  # compiles templates and plans
            with CaptureQueriesContext(connection) as captured:
                answer = client.get(path)
            statements = len(captured)
        if answer.status_code not in {200, 302}:
            message = f"{path} answers {answer.status_code}"
            raise RuntimeError(message)
    return statements, median(walls) * 1000, spent / samples * 1000


if __name__ == "__main__":
    main()
