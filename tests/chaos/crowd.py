"""Several processes write to one SQLite file: ``python -m tests.chaos.crowd --writers 3 --seconds 20``.

Each reads, then writes, in one transaction, over and over. None may be told that the database is
locked, and no number may be wrong in the end.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.chaos.kills import Ground, Report, run_child
from tests.chaos.setting import throwaway_database

#: Transactions of each writer, however little time a busy machine gives it.
LEAST = 5


def make_writer(seconds: float) -> Callable[[Ground, random.Random, Report], None]:
    """Work for a child: transactions that read before they write, until time is up."""

    def write(ground: Ground, pick: random.Random, report: Report) -> None:
        from django.db import transaction
        from django.utils import timezone

        from deltacrown.games.models import Match

        end, done = time.monotonic() + seconds, 0
        while time.monotonic() < end or done < LEAST:
            with transaction.atomic():
                Match.objects.count()  # a transaction that began by reading could not become a writer's
                for user in pick.sample(ground.users, 2):
                    key = f"c{pick.getrandbits(60)}"
                    for player in {user, ground.users[0]}:
                        Match.objects.create(
                            user=player,
                            game=ground.game,
                            match_key=key,
                            result="WIN",
                            played_at=timezone.now(),
                        )
            report("transaction")
            done += 1
        report("finished")

    return write


def run_crowd(writers: int, seconds: float) -> dict[str, object]:
    """Let ``writers`` processes write for ``seconds`` and return the figures."""
    from collections import Counter

    from django_tally.feeds import list_holders
    from django_tally.verification import find_drift

    with TemporaryDirectory() as folder:
        ground = Ground(Path(folder))
        children = [run_child(make_writer(seconds), ground, f"writer {number}") for number in range(writers)]
        done: Counter[str] = Counter()
        for child, reading in children:
            with os.fdopen(reading, "rb") as pipe:
                done.update(pipe.read().decode().split())
            os.waitpid(child, 0)
    drift = [found for holder in list_holders() for found in find_drift(holder)]
    return {
        "writers": writers,
        "finished": done["finished"],
        "transactions": done["transaction"],
        "drift at the end": len(drift),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--writers", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    with throwaway_database("sqlite"):
        figures = run_crowd(options.writers, options.seconds)
    print(json.dumps(figures))  # noqa: T201 - this is what it is run for
    sys.exit(0 if figures["finished"] == options.writers and not figures["drift at the end"] else 1)


if __name__ == "__main__":
    main()
