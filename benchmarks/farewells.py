"""Anonymise a player with 5,000 matches on a site of many rows: ``python -m benchmarks.farewells``.

On PostgreSQL, or with ``--sqlite`` on SQLite. Half of the matches name the player: in their keys, stats or
reasons of a void. Prints how long the account took and the texts elsewhere, in how many
statements, how long the longest transaction of texts was, and on PostgreSQL which locks the account held.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.database import throwaway_postgresql

NAME, START = "Zqhandle.41", datetime(2025, 1, 1, tzinfo=UTC)
LOCKS = (
    "SELECT relation::regclass::text, mode FROM pg_locks WHERE pid = pg_backend_pid() "
    "AND relation IN (SELECT oid FROM pg_class WHERE relkind = 'r') AND mode <> 'AccessShareLock' "
    "ORDER BY 1, 2"
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.farewells", description=__doc__)
    parser.add_argument("--matches", type=int, default=5_000, help="of the player (default %(default)s)")
    parser.add_argument("--others", type=int, default=200_000, help="lines of others (default %(default)s)")
    parser.add_argument("--sqlite", action="store_true")
    options = parser.parse_args()
    with throwaway_sqlite() if options.sqlite else throwaway_postgresql():
        user = fill(options.matches, options.others)
        measure(user)


@contextmanager
def throwaway_sqlite() -> Iterator[None]:
    """Configure Django for a new file, and migrate."""
    with tempfile.TemporaryDirectory(prefix="deltacrown-bench-") as folder:
        os.environ |= {
            "DATABASE_URL": f"sqlite:///{Path(folder) / 'site.sqlite3'}",
            "DJANGO_SETTINGS_MODULE": "deltacrown.config.settings",
            "LOG_LEVEL": "ERROR",
        }
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        yield


def fill(matches: int, others: int) -> Any:
    """Write the player's matches, each against another player, and lines of others."""
    from deltacrown.accounts.models import User
    from deltacrown.games.models import Game, Match

    started = time.perf_counter()
    names = [NAME, *(f"player{number}" for number in range(500))]
    user, *rivals = User.objects.bulk_create([User(username=name) for name in names])
    game = Game.objects.create(slug="rocket", name="Rocket")
    rows = []
    for number in range(matches):
        told: dict[str, Any] = {"match_key": f"m{number}", "stats": {"kills": number % 30}}
        if number % 6 == 0:
            told["match_key"] = f"{NAME}-vs-player-{number}"
        elif number % 6 == 1:
            told["stats"] = {"mvp": NAME, "kills": number % 30}
        elif number % 6 == 2:
            told |= {"voided_at": START, "void_reason": f"{NAME} had left"}
        lines = ((user, "WIN"), (rivals[number % 500], "LOSS"))
        rows += [build(game, line, number, told) for line in lines]
    for number in range(others):
        told = {"match_key": f"o{number // 2}", "stats": {"kills": number % 30}}
        rows.append(build(game, (rivals[number % 500], "WIN"), number // 2, told))
    Match.objects.bulk_create(rows, batch_size=2_000)
    print(f"Filled {len(rows):,} lines in {time.perf_counter() - started:.0f} s.", flush=True)
    return user


def build(game: Any, line: tuple[Any, str], number: int, told: dict[str, Any]) -> Any:
    """Return a line of a match: a player's, with a result."""
    from deltacrown.games.models import Match

    user, result = line
    played_at = START + timedelta(minutes=number * 5)
    return Match(user=user, game=game, result=result, played_at=played_at, **told)


def measure(user: Any) -> None:
    """Anonymise, print the figures, and check that no line has the name and that no number has drifted."""
    from django.db import connection, transaction
    from django.utils import timezone

    from deltacrown.user_profile.people.anonymising import account, elsewhere, finish_anonymisation

    counted = Counted()
    with counted.counting(connection), transaction.atomic():
        options = {"user": user, "by": None, "now": timezone.now(), "reason": "", "without_export": True}
        account.take_account_out(**options)
        locks = list_locks(connection)
    print(f"The account: {counted.told()}, in one transaction.")
    for table, modes in locks.items():
        print(f"  {table}: {', '.join(modes)}")

    longest, write = [0.0, 0], elsewhere._write

    def timed(**given: Any) -> None:
        started = time.perf_counter()
        write(**given)
        longest[:] = max(longest, [time.perf_counter() - started, len(given["keys"])])

    elsewhere._write = timed
    counted = Counted()
    with counted.counting(connection):
        done = finish_anonymisation(user=user)
    print(f"Texts elsewhere: {counted.told()}; {done.texts:,} rows changed.")
    print(f"The longest transaction of texts: {longest[0] * 1000:,.0f} ms, {longest[1]} rows locked.")
    check()


def check() -> None:
    """Check the outcome.

    :raises RuntimeError: a line has the name, or a number has drifted.
    """
    from deltacrown.games.models import Match
    from django_tally.feeds import list_holders
    from django_tally.verification import find_drift

    if any(NAME in str(row) for row in Match.objects.values_list("match_key", "stats", "void_reason")):
        raise RuntimeError("a line has the name")
    if drift := [drift for holder in list_holders() for drift in find_drift(holder)]:
        raise RuntimeError(f"drift: {drift[:3]}")
    print("No line has the name, and no number has drifted.")


def list_locks(connection: Any) -> dict[str, list[str]]:
    """Return table → the locks on it that this transaction holds, but for those of reading."""
    if connection.vendor != "postgresql":
        return {}
    found: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(LOCKS)
        for table, mode in cursor.fetchall():
            found.setdefault(table, []).append(mode)
    return found


class Counted:
    """The statements of a piece of work, and its seconds."""

    def __init__(self) -> None:
        self.statements, self.started, self.worked = 0, time.perf_counter(), time.process_time()

    @contextmanager
    def counting(self, connection: Any) -> Iterator[None]:
        """Count every statement within."""

        def count(execute: Any, *given: Any) -> Any:
            self.statements += 1
            return execute(*given)

        with ExitStack() as stack:
            stack.enter_context(connection.execute_wrapper(count))
            yield

    def told(self) -> str:
        """Return the figures so far."""
        taken, worked = time.perf_counter() - self.started, time.process_time() - self.worked
        return f"{taken:.2f} s ({worked:.2f} s of CPU in Python), {self.statements:,} statements"


if __name__ == "__main__":
    main()
