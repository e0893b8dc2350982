"""``python -m benchmarks.merges``: merge two players with thousands of matches each, and undo it.

On PostgreSQL, with the settings of the other benchmarks; ``--sqlite`` for a SQLite file.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.database import throwaway_postgresql

#: A player's share of a match: each has won half, and a tenth is voided again.
MATCHES = (
    "INSERT INTO games_match (user_id, game_id, match_key, result, played_at) "
    "SELECT {user}, (SELECT MIN(id) FROM games_game), '{prefix}' || i, "
    "CASE WHEN i % 2 = 0 THEN 'WIN' ELSE 'LOSS' END, {at} FROM ({numbers}) n"
)
NUMBERS = {
    "postgresql": "SELECT generate_series(1, {count}) AS i",
    "sqlite": (
        "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < {count}) SELECT i FROM c"
    ),
}
PLAYED = {
    "postgresql": "timestamptz '2024-01-01' + i * interval '1 hour'",
    "sqlite": "STRFTIME('%Y-%m-%d %H:%M:%S', '2024-01-01', '+' || i || ' hours')",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.merges", description=__doc__)
    parser.add_argument("--matches", type=int, default=5_000, help="of each (default %(default)s)")
    parser.add_argument("--sqlite", action="store_true")
    options = parser.parse_args()
    with throwaway_sqlite() if options.sqlite else throwaway_postgresql():
        run(options.matches)


@contextmanager
def throwaway_sqlite() -> Iterator[None]:
    """Configure Django for a new SQLite file, migrated; delete it afterwards."""
    with tempfile.TemporaryDirectory(prefix="deltacrown-bench-") as name:
        os.environ |= {
            "DATABASE_URL": f"sqlite:///{Path(name) / 'site.sqlite3'}",
            "DJANGO_SETTINGS_MODULE": "deltacrown.config.settings",
            "LOG_LEVEL": "ERROR",
        }
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        yield


def run(matches: int) -> None:
    """Fill, merge, undo, and print what each took."""
    from deltacrown.core import clock
    from deltacrown.user_profile.achievements.backfill import backfill_players
    from deltacrown.user_profile.people.merging import merge_players, preview_merge, undo_merge

    kept, merged = fill(matches)
    backfill_players()
    measure("preview", lambda: preview_merge(kept=kept, merged=merged))
    done: Any = measure(
        "merge",
        lambda: merge_players(kept=kept, merged=merged, by=None, reason="one person", now=clock.now()),
    )
    find_drift()
    measure("undo", lambda: undo_merge(merge=done, by=None, now=clock.now()))
    find_drift()


def fill(matches: int) -> tuple[Any, Any]:
    """Insert two players with ``matches`` matches each, in different hours, and void a tenth of these."""
    from django.db import connection

    from deltacrown.accounts.models import User
    from deltacrown.games.models import Game

    Game.objects.create(slug="rocket", name="Rocket")
    users = [User.objects.create(username=name) for name in ("kept", "merged")]
    with connection.cursor() as cursor:
        for user in users:
            numbers = NUMBERS[connection.vendor].format(count=matches)
            at = PLAYED[connection.vendor]
            cursor.execute(MATCHES.format(user=user.pk, prefix=user.username, numbers=numbers, at=at))
        cursor.execute(
            "UPDATE games_match SET voided_at = CURRENT_TIMESTAMP, void_reason = 'cheat' WHERE id % 10 = 0"
        )
        cursor.execute("ANALYZE")
    return users[0], users[1]


def measure(what: str, call: Any) -> Any:
    """Run a call, and print its time, its CPU in this process, its statements and the locks at its end."""
    from django.db import connection, transaction
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries, transaction.atomic():
        wall, cpu = time.perf_counter(), time.process_time()
        result = call()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        locks = list_locks()
    print(f"{what:8} {wall:6.2f} s, {cpu:6.2f} s CPU here, {len(queries):4} statements; {locks}", flush=True)
    return result


def list_locks() -> str:
    """Return the strongest locks of tables that the transaction holds, and how many of each."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return "SQLite has one writer at a time"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT mode, COUNT(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' "
            "GROUP BY mode ORDER BY mode"
        )
        return ", ".join(f"{mode} on {count}" for mode, count in cursor.fetchall())


def find_drift() -> None:
    """Raise ``AssertionError`` when any number is not what its rows say."""
    from django_tally.feeds import list_holders
    from django_tally.verification import find_drift as find

    assert not [drift for holder in list_holders() for drift in find(holder)]


if __name__ == "__main__":
    main()
