"""Fifty megabytes with one bad line; an import killed or interrupted half-way, and run again."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import tracemalloc
from contextlib import closing
from pathlib import Path

import pytest

from deltacrown.accounts.models import User
from deltacrown.games.models import Match
from deltacrown.interchange.formats.deltacrown.matches import MATCH_COLUMNS
from deltacrown.interchange.groups import GroupedFile
from deltacrown.interchange.lines import SourceFile
from tests.interchange.files import REPOSITORY, run_import
from tests.pristine import write_migrated

MEGABYTE = 1 << 20
PLAYERS_PER_MATCH = 10
BAD_LINE = 5_003
#: A quote that is never closed: a plain CSV reader would take the rest of the file for one value.
BAD_TEXT = 'm500,cs2,"p1,win,2025-03-01T18:30:00Z,home,oops\n'


def write_time(number: int) -> str:
    """A time of its own for each match: others of the same players at one time would be warned of."""
    return f"2025-03-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z"


@pytest.fixture(scope="module")
def large_file(tmp_path_factory) -> Path:
    """50 MB, 10,000 lines of 1,000 matches, and one line between them that cannot be read."""
    path = tmp_path_factory.mktemp("large") / "large.csv"
    note = "lorem ipsum “dolor” " * 230
    with path.open("w") as stream:
        stream.write("match_key,game,player,result,played_at,side,stats.note\n")
        for number in range(10_000):
            if number + 2 == BAD_LINE:
                stream.write(BAD_TEXT)
            side, result = ("home", "win") if number % 2 else ("away", "loss")
            match = number // PLAYERS_PER_MATCH
            line = f"m{match},cs2,p{number % 50},{result},{write_time(match)},{side},{number} {note}"
            stream.write(f"{line}\n")
    assert path.stat().st_size > 50 * MEGABYTE
    return path


@pytest.mark.django_db
@pytest.mark.once
def test_fifty_megabytes_with_one_bad_line(large_file):
    outcome = run_import("import_matches", large_file, create_missing=True)

    assert outcome.exit_code == 1
    assert "matches: 999 created, 0 unchanged, 1 refused; 10001 lines in " in outcome.output
    assert outcome.reasons[BAD_LINE] == f"line {BAD_LINE}: a quote is opened in it and not closed"
    assert outcome.reasons[5_002].startswith(
        f"the match may be incomplete, as line {BAD_LINE} cannot be read: a quote is opened"
    )
    assert sorted(outcome.reasons) == list(range(5_002, 5_013))
    assert {entry["match_key"] for entry in outcome.rejected} == {"m500"}
    refusal = f"large.csv: match m500 is refused: line {BAD_LINE}: a quote is opened in it and not closed."
    assert refusal in outcome.errors
    assert Match.objects.count() == 9_990
    assert not Match.objects.filter(match_key="m500").exists()
    matches = Match.objects.filter(user__username="p7").count()
    assert User.objects.get(username="p7").profile.total_matches_played == matches > 0


def test_reading_fifty_megabytes_holds_little_of_them_in_memory(large_file):
    file = GroupedFile(SourceFile(large_file), MATCH_COLUMNS)

    tracemalloc.start()
    file.survey(lambda position: None)
    groups = sum(1 for group in file.groups(lambda position: None))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert groups == 1_001
    assert peak < 5 * MEGABYTE


#: A command that sends itself a signal at the tenth batch of matches. A parent that watched it would be too
#: late on a busy machine.
STOPPING = """
import os
import signal
import sys

import django
from django.core.management import execute_from_command_line
from django.db import connection

how, *command = sys.argv[1:]
batches = 0


def stop(execute, sql, params, many, context):
    global batches
    answer = execute(sql, params, many, context)
    batches += sql.startswith('INSERT INTO "games_match"')
    if batches == 10:
        os.kill(os.getpid(), int(how))
    return answer


# A suite that was started in the background ignores SIGINT otherwise.
signal.signal(signal.SIGINT, signal.default_int_handler)
django.setup()
with connection.execute_wrapper(stop):
    execute_from_command_line(["manage.py", *command])
"""


class Site:
    """A migrated database in a file and the commands run on it, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.database = folder / "site.sqlite3"
        self.environment = {
            **os.environ,
            "DATABASE_URL": f"sqlite:///{self.database}",
            "DJANGO_SETTINGS_MODULE": "deltacrown.config.settings",
        }
        write_migrated(self.database)

    def _run(self, *command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, *command],
            cwd=REPOSITORY,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self, *command: str) -> tuple[int, str, str]:
        process = self._run("manage.py", *command)
        output, errors = process.communicate(timeout=300)
        return process.returncode, output, errors

    def ask(self, question: str) -> list[tuple[int, ...]]:
        with closing(sqlite3.connect(self.database, timeout=30)) as connection:
            return connection.execute(question).fetchall()

    def count_matches(self) -> int:
        return self.ask("SELECT COUNT(DISTINCT match_key) FROM games_match")[0][0]

    def stop_half_way(self, file: Path, how: signal.Signals) -> tuple[int, str]:
        """Run an import that is stopped inside a transaction, some batches committed, some to come."""
        arguments = ["import_matches", str(file), "--create-missing", "--batch-size", "20"]
        process = self._run("-c", STOPPING, str(int(how)), *arguments)
        output, _ = process.communicate(timeout=300)
        return process.returncode, output


MATCHES = 600
WHOLE = "SELECT COUNT(*) FROM (SELECT match_key FROM games_match GROUP BY match_key HAVING COUNT(*) <> 2)"
CACHED = "SELECT SUM(total_matches_played) FROM user_profile_userprofile"


@pytest.mark.once
def test_a_stop_half_way_loses_nothing_and_running_again_finishes(tmp_path, django_db_setup):
    site = Site(tmp_path)
    file = tmp_path / "matches.csv"
    lines = [
        f"m{number},cs2,{player},{result},{write_time(number)}\n"
        for number in range(MATCHES)
        for player, result in ((f"p{number % 40}", "win"), (f"q{number % 30}", "loss"))
    ]
    unreadable = "m0,cs2\n"
    file.write_text("match_key,game,player,result,played_at\n" + unreadable + "".join(lines))

    code, _ = site.stop_half_way(file, signal.SIGKILL)

    after_kill = site.count_matches()
    assert code == -signal.SIGKILL
    assert 0 < after_kill < MATCHES - 1
    assert (site.ask(WHOLE), site.ask(CACHED)) == ([(0,)], [(2 * after_kill,)])
    assert sorted(path.name for path in tmp_path.glob("matches*")) == [
        "matches.csv",
        "matches.csv.rejected.ndjson.part",
    ]

    code, output = site.stop_half_way(file, signal.SIGINT)

    after_interrupt = site.count_matches()
    assert code == 130
    told = int(output.partition("Recorded so far: ")[2].split(".")[0])
    assert 0 < told <= after_interrupt < MATCHES - 1
    assert output.endswith("Run the same command again to finish.\n")
    assert (site.ask(WHOLE), site.ask(CACHED)) == ([(0,)], [(2 * after_interrupt,)])

    code, output, _ = site.finish("import_matches", str(file), "--create-missing")

    assert code == 1
    assert (
        f"matches: {MATCHES - 1 - after_interrupt} created, {after_interrupt} unchanged, 1 refused" in output
    )
    assert (site.ask(WHOLE), site.ask(CACHED)) == ([(0,)], [(2 * (MATCHES - 1),)])
    assert sorted(path.name for path in tmp_path.glob("matches*")) == [
        "matches.csv",
        "matches.csv.rejected.ndjson",
    ]
