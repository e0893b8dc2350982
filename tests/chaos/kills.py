"""``kill -9`` at random times: ``python -m tests.chaos.kills --database sqlite --kills 100``.

A child process works through services and reports each thing only after its commit; the parent
kills it at a random time and checks that everything reported is there, that no match is half there
and that no number is wrong. Then it starts the child again, until there have been ``--kills`` kills,
and lets a last child finish. ``caught at work`` counts the kills between the first and the last
change that a child would have made.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.chaos.setting import throwaway_database
from tests.hints import run_hinted_commands

PLAYERS = 20
Report = Callable[[str], None]


class Ground:
    """Players and a game to write about, a folder for files, and the migration of games to go back to."""

    def __init__(self, folder: Path, back_to: str = "0001") -> None:
        from deltacrown.accounts.services import create_players
        from deltacrown.games.services import create_game

        self.folder, self.files, self.back_to = folder, 0, back_to
        self.users = list(create_players(usernames=[f"p{number}" for number in range(PLAYERS)]).values())
        self.game = create_game(slug="chess", name="Chess")


def record_and_rule(ground: Ground, pick: random.Random, report: Report) -> None:
    """Record matches of two, one by one, void some and correct some, until killed."""
    from django.utils import timezone

    from deltacrown.games.services import LineRecord, MatchRecord, correct_match, record_match, void_match

    while True:
        winner, loser = pick.sample(ground.users, 2)
        key, now = f"k{pick.getrandbits(60)}", timezone.now()
        lines = (
            LineRecord(user=winner, result="WIN", side="a"),
            LineRecord(user=loser, result="LOSS", side="b"),
        )
        record_match(record=MatchRecord(game=ground.game, match_key=key, played_at=now, lines=lines), now=now)
        report(f"recorded {key}")
        if pick.random() < 0.3:
            swapped = {winner.username: "LOSS", loser.username: "WIN"}
            correct_match(game=ground.game, match_key=key, results=swapped, reason="swapped", now=now)
            report(f"corrected {key}")
        if pick.random() < 0.3:
            void_match(game=ground.game, match_key=key, reason="chaos", now=now)
            report(f"voided {key}")


def import_file(ground: Ground, pick: random.Random, report: Report) -> None:
    """Import a file of 2,000 matches, one a minute: none is a double that is looked for among all others.

    Matches that an earlier child imported are found and left unchanged.
    """
    from datetime import UTC, datetime, timedelta

    from django.core.management import call_command

    path = ground.folder / f"matches-{ground.files}.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["match_key", "game", "player", "result", "played_at", "side"])
        for number in range(2_000):
            played_at = (datetime(2025, 6, 1, tzinfo=UTC) + timedelta(minutes=number)).isoformat()
            for side, result in (("a", "win"), ("b", "loss")):
                player = f"p{(number * 7 + (side == 'b')) % PLAYERS}"
                writer.writerow([f"i{ground.files}/{number}", "chess", player, result, played_at, side])
    call_command("import_matches", str(path), batch_size=100, stdout=StringIO(), stderr=StringIO())
    report("finished")


def damage_and_reconcile(ground: Ground, pick: random.Random, report: Report) -> None:
    """Damage every number and repair, over and over; the parent reconciles once more before it looks."""
    from django.db import connection
    from django.utils import timezone

    from django_tally import reconciliation

    reconciliation.BATCH, reconciliation.FEWEST, reconciliation.MOST = 3, 1, 6
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE user_profile_userprofile "
                "SET total_matches_played = total_matches_played + 3, matches_won = matches_won + 1"
            )
        reconciliation.reconcile(cause="chaos", clock=timezone.now)
        report("reconciled")


def archive(ground: Ground, pick: random.Random, report: Report) -> None:
    """Record a few matches and archive everything there is, over and over."""
    from datetime import timedelta

    from django.utils import timezone

    from deltacrown.games.services import LineRecord, MatchRecord, archive_matches, record_matches

    while True:
        now = timezone.now()
        records = [
            MatchRecord(
                game=ground.game,
                match_key=f"a{pick.getrandbits(60)}",
                played_at=now - timedelta(days=3),
                lines=(
                    LineRecord(user=a, result="WIN", side="a"),
                    LineRecord(user=b, result="LOSS", side="b"),
                ),
            )
            for a, b in (pick.sample(ground.users, 2) for _ in range(40))
        ]
        record_matches(records=records, now=now)
        for record in records:
            report(f"recorded {record.match_key}")
        archive_matches(before=now - timedelta(days=1), now=now, batch_size=7)
        report("archived")


def migrate(ground: Ground, pick: random.Random, report: Report) -> None:
    """Take the last migrations of the sources back and apply them again, triggers and all."""
    from django.core.management import call_command

    call_command("migrate", "games", ground.back_to, verbosity=0)
    report("went back")
    call_command("migrate", verbosity=0)
    report("finished")


#: The works that end by themselves: the first and the last child of these are let finish.
FINITE = {"import_file", "migrate"}
#: How long the works without an end go on, at most, before they are killed, in seconds.
LONGEST = 0.6
WORKS = {
    work.__name__: work for work in (record_and_rule, import_file, damage_and_reconcile, archive, migrate)
}


def run_child(
    work: Callable[[Ground, random.Random, Report], None], ground: Ground, seed: str
) -> tuple[int, int]:
    """Fork a child that does ``work``; return its process id and the pipe it reports to."""
    from django.db import connections

    connections.close_all()
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    os.close(reading)
    status = 1
    try:
        work(ground, random.Random(seed), lambda line: os.write(writing, f"{line}\n".encode()))
        status = 0
    except BaseException:  # noqa: BLE001 - the parent learns of it by the exit code, people by this
        traceback.print_exc()
    finally:
        os._exit(status)


def kill_at_random(child: int, reading: int, delay: float) -> list[str]:
    """Kill the child after ``delay`` seconds and return what it had reported whole."""
    time.sleep(delay)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as pipe:
        text = pipe.read().decode()
    return text.split("\n")[:-1]


def run_to_the_end(name: str, ground: Ground) -> list[str]:
    """Let a child do ``name`` until it is done, and return what it reported."""
    child, reading = run_child(WORKS[name], ground, "last")
    _, status = os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as pipe:
        reported = pipe.read().decode().split("\n")[:-1]
    return (
        reported
        if status == 0 and "finished" in reported
        else ["recorded nothing-at-all: the last child did not finish"]
    )


def look_at_state() -> tuple[int, ...]:
    """What one kind of work or another changes as it goes: matches, archived matches, repairs, triggers."""
    from django.db import connection

    from deltacrown.games.models import ArchivedMatch, Match
    from django_tally.models import Repair
    from django_tally.triggers.installation import read_installed

    return *(table.objects.count() for table in (Match, ArchivedMatch, Repair)), len(
        read_installed(connection)
    )


def find_faults(reported: list[str], figures: Counter[str]) -> list[str]:
    """What is wrong in the database, in words; empty when nothing is."""
    from django.db.models import Count

    from deltacrown.games.models import ArchivedMatch, Match
    from django_tally.feeds import list_holders
    from django_tally.verification import find_drift

    keys = Counter(
        key for table in (Match, ArchivedMatch) for key in table.objects.values_list("match_key", flat=True)
    )
    faults = [
        f"reported and lost: {line}"
        for line in reported
        if line.startswith("recorded") and keys[line.split()[1]] != 2
    ]
    faults += [f"half a match: {key}" for key, rows in keys.items() if rows != 2]
    twice = (
        Match.objects.values("game", "match_key", "user")
        .annotate(rows=Count("pk"))
        .filter(rows__gt=1)
        .count()
    )
    faults += ["a row twice"] if twice else []
    for line in reported:
        what, _, key = line.partition(" ")
        if what == "voided" and Match.objects.filter(match_key=key, voided_at=None).exists():
            faults.append(f"reported and lost: {line}")
    faults += [f"drift: {drift}" for holder in list_holders() for drift in find_drift(holder)]
    figures["reports checked"] += len(reported)
    return faults


def run_kills(name: str, kills: int, seed: int, back_to: str) -> dict[str, object]:
    """Kill children doing ``name`` ``kills`` times and return the figures."""
    from django.core.management import call_command
    from django.utils import timezone

    from deltacrown.core.checks import check_migration_records
    from django_tally.reconciliation import reconcile

    figures: Counter[str] = Counter()
    faults: list[str] = []
    pick = random.Random(seed)
    with TemporaryDirectory() as folder:
        ground = Ground(Path(folder), back_to)
        began, longest = time.monotonic(), LONGEST
        if name in FINITE:  # killed at any time from its start to its end, on a slow machine too
            faults += find_faults(run_to_the_end(name, ground), figures)
            longest, ground.files = time.monotonic() - began, 1
        for number in range(kills):
            before = look_at_state()
            child, reading = run_child(WORKS[name], ground, f"{seed}/{name}/{number}")
            reported = kill_at_random(child, reading, pick.uniform(0.01, longest))
            figures["caught at work"] += look_at_state() != before and "finished" not in reported
            if name == "migrate":
                figures["records put right"] += run_hinted_commands(
                    check_migration_records(databases=["default"])
                )
                call_command("migrate", verbosity=0)
            if name == "damage_and_reconcile":
                reconcile(cause="after the kill", clock=timezone.now)
            faults += find_faults(reported, figures)
            figures["kills survived"] += 1
            figures["works finished"] += reported.count("finished")
            ground.files += reported.count("finished")
            if faults:
                break
        faults += find_faults(run_to_the_end(name, ground), figures) if name in FINITE else []
    return {"work": name, **figures, "faults": faults[:5]}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--kills", type=int, default=100, help="per kind of work")
    parser.add_argument(
        "--work", choices=sorted(WORKS), action="append", help="only this kind; may be given again"
    )
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--back-to", default="0001", help="the migration of games that `migrate` goes back to"
    )
    options = parser.parse_args()
    faulty = False
    with throwaway_database(options.database):
        for name in options.work or sorted(WORKS):
            figures = run_kills(name, options.kills, options.seed, options.back_to)
            print(json.dumps({"database": options.database, **figures}), flush=True)  # noqa: T201 - this is what it is run for
            faulty = faulty or bool(figures["faults"])
    sys.exit(1 if faulty else 0)


if __name__ == "__main__":
    main()
