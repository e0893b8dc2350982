"""Writers, verifiers, repairers and a saboteur at once, on a real PostgreSQL.

Run it with ``python -m tests.chaos.storm --seconds 60``.

Eight writers insert, flip, move, void and delete matches of shared players in random order, several
statements to a transaction, so that they meet in every order. Verification runs in a loop beside
them: whatever it finds that the saboteur did not do is a false positive. Two repairers run as well.
At the end the saboteur stops, one reconciliation mends what he did last, and nothing may differ.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from itertools import count

from tests.chaos.setting import throwaway_database

PLAYERS, GAMES, WRITERS = 60, 2, 8
#: The saboteur damages these players alone, so that a finding about anybody else is a false one.
VICTIMS = 15
#: A run without some of each proves nothing. It goes on until there was, at most ``PATIENCE`` seconds longer.
MUST_HAPPEN = ("transactions", "verifications", "corruptions", "numbers repaired")
PATIENCE = 300


class Storm:
    """The shared state of one run: who plays, what happened, when to stop."""

    def __init__(self, seed: int) -> None:
        from deltacrown.accounts.models import User
        from deltacrown.games.models import Game

        self.seed, self.stop, self.tally = seed, threading.Event(), Counter()
        self.lock, self.errors, self.numbers = threading.Lock(), [], count()
        users = [User(username=f"p{number}") for number in range(PLAYERS)]
        self.users = [user.pk for user in User.objects.bulk_create(users)]
        self.games = [Game.objects.create(slug=f"g{number}", name=f"G{number}").pk for number in range(GAMES)]

    def note(self, what: str, times: int = 1) -> None:
        with self.lock:
            self.tally[what] += times

    def hurry_deadlocks(self) -> None:
        """Have deadlocks found at once, not after the server's default second: the storm makes many."""
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {connection.settings_dict['NAME']} SET deadlock_timeout = '20ms'")

    def run(self, role: Callable[[Storm, random.Random], None], number: int) -> threading.Thread:
        """Start a thread that plays ``role`` over and over until the storm ends."""

        def play() -> None:
            from django.db import connection

            pick = random.Random(f"{self.seed}/{role.__name__}/{number}")
            try:
                while not self.stop.is_set():
                    role(self, pick)
            except Exception as error:  # noqa: BLE001 - any of them fails the run
                self.errors.append(f"{role.__name__}: {error!r}")
                self.stop.set()
            finally:
                connection.close()

        thread = threading.Thread(target=play, name=f"{role.__name__}-{number}")
        thread.start()
        return thread


def write(storm: Storm, pick: random.Random) -> None:
    """One transaction of one to four statements over random players."""
    from django_tally.transactions import atomic_service

    steps = [pick.choice([insert, insert, flip, move, void, delete]) for _ in range(pick.randint(1, 4))]

    @atomic_service
    def transact() -> None:
        storm.note("attempts")
        for step in steps:
            step(storm, pick)

    transact()
    storm.note("transactions")


def insert(storm: Storm, pick: random.Random) -> None:
    from django.utils import timezone

    from deltacrown.games.models import Match

    rows = [
        Match(
            user_id=pick.choice(storm.users),
            game_id=pick.choice(storm.games),
            match_key=f"{pick.random()}/{next(storm.numbers)}",
            result=pick.choice(["WIN", "LOSS", "DRAW"]),
            played_at=timezone.now(),
        )
        for _ in range(pick.randint(1, 6))
    ]
    Match.objects.bulk_create(rows)


def some_rows(storm: Storm, pick: random.Random):
    from deltacrown.games.models import Match

    ids = (
        Match.objects.filter(user_id__in=pick.sample(storm.users, 2))
        .order_by("?")
        .values("pk")[: pick.randint(1, 5)]
    )
    return Match.objects.filter(pk__in=list(ids.values_list("pk", flat=True)))


def flip(storm: Storm, pick: random.Random) -> None:
    some_rows(storm, pick).update(result=pick.choice(["WIN", "LOSS", "DRAW"]))


def move(storm: Storm, pick: random.Random) -> None:
    some_rows(storm, pick).update(user_id=pick.choice(storm.users), game_id=pick.choice(storm.games))


def void(storm: Storm, pick: random.Random) -> None:
    from django.utils import timezone

    some_rows(storm, pick).update(voided_at=timezone.now(), void_reason="storm")


def delete(storm: Storm, pick: random.Random) -> None:
    for row in some_rows(storm, pick):
        row.delete()


def verify(storm: Storm, pick: random.Random) -> None:
    """Anything found about a player the saboteur never touches is a false positive."""
    from django_tally.feeds import list_holders
    from django_tally.verification import find_drift

    victims = set(storm.users[:VICTIMS])
    for holder in list_holders():
        false = [drift for drift in find_drift(holder) if drift.keys[0] not in victims]
        storm.note("false positives", len(false))
        storm.errors += [f"false positive: {drift}" for drift in false]
    storm.note("verifications")
    time.sleep(0.02)  # or it would have the processor to itself


def sabotage(storm: Storm, pick: random.Random) -> None:
    from django.db import connection

    from django_tally.transactions import atomic_service

    column = pick.choice(["total_matches_played", "matches_won", "tournaments_won", "placement_sum"])
    victim, value = pick.choice(storm.users[:VICTIMS]), pick.randint(1, 5_000)

    @atomic_service
    def damage() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE user_profile_userprofile SET {column} = {column} + %s WHERE user_id = %s",
                [value, victim],
            )

    damage()
    storm.note("corruptions")
    time.sleep(pick.random() * 0.05)


def repair(storm: Storm, pick: random.Random) -> None:
    from django.utils import timezone

    from django_tally.reconciliation import reconcile

    outcome = reconcile(cause="storm", clock=timezone.now)
    storm.note("numbers repaired", len(outcome.repairs))
    time.sleep(pick.random() * 0.05)


def run_storm(seconds: float, seed: int) -> dict[str, object]:
    """Let it rage for ``seconds`` and return the figures; see the module for what they mean."""
    from django.utils import timezone

    from deltacrown.games.models import Match
    from django_tally.feeds import list_holders
    from django_tally.reconciliation import reconcile
    from django_tally.verification import find_drift

    storm = Storm(seed)
    storm.hurry_deadlocks()
    threads = [storm.run(write, number) for number in range(WRITERS)]
    others = [storm.run(verify, 0), storm.run(repair, 0), storm.run(repair, 1), storm.run(sabotage, 0)]
    storm.stop.wait(seconds)
    deadline = time.monotonic() + PATIENCE
    while not storm.stop.wait(0.1) and time.monotonic() < deadline:
        if all(storm.tally[name] for name in MUST_HAPPEN):
            break
    storm.stop.set()
    for thread in threads + others:
        thread.join()
    last = reconcile(cause="after the storm", clock=timezone.now)
    drift = [drift for holder in list_holders() for drift in find_drift(holder)]
    storm.note("numbers repaired", len(last.repairs))
    names = ("transactions", "verifications", "corruptions", "numbers repaired", "false positives")
    figures: dict[str, object] = {name: storm.tally[name] for name in names}
    figures |= {
        "transactions run again": storm.tally["attempts"] - storm.tally["transactions"],
        "errors reaching a caller": len(storm.errors) - storm.tally["false positives"],
        "rows at the end": Match.objects.count(),
        "drift at the end": len(drift),
        "seconds": seconds,
        "first errors": storm.errors[:3],
    }
    return figures


def is_calm(figures: dict[str, object]) -> bool:
    """Whether the run proves what it must: nothing wrong, and enough happened for that to mean something."""
    nothing_wrong = not (
        figures["false positives"] or figures["errors reaching a caller"] or figures["drift at the end"]
    )
    something_done = all(figures[name] for name in MUST_HAPPEN)
    return nothing_wrong and something_done


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    with throwaway_database("postgresql"):
        figures = run_storm(options.seconds, options.seed)
    print(json.dumps(figures, indent=2))  # noqa: T201 - this is what it is run for
    sys.exit(0 if is_calm(figures) else 1)


if __name__ == "__main__":
    main()
