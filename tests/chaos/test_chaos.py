"""Short runs of the chaos commands; CONTRIBUTING says how to run long ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from django.db import connection  # noqa: F401 - named in a skip condition

from tests.chaos.kills import WORKS
from tests.chaos.setting import GIVEN
from tests.pristine import another_database

#: Else no database is made for them where they run alone.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(tmp_path, django_db_setup):
    """``run(module, "--seconds", "3")`` runs a chaos command in a process and a database of its own.

    It returns the exit code and the lines.
    """

    def command(module, *arguments):
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            capture_output=True,
            text=True,
            timeout=600,
            env=environment,
            check=False,
        )
        assert done.returncode in (0, 1), done.stderr[-2000:]
        return done.returncode, done.stdout

    with another_database(tmp_path) as url:
        environment = {**os.environ, GIVEN: url}
        yield command


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time")
def test_a_storm_of_writers_verifiers_repairers_and_a_saboteur_ends_calm(run):
    code, text = run("tests.chaos.storm", "--seconds", "4")
    assert code == 0, text


#: Twelve migrations with operations of each kind come after this one: Django builds every model anew for each
#: of them. Those of a run by hand go back to the first.
BACK_TO = "0008"
KILLS = {"migrate": 1}
SLOW = pytest.mark.skipif("connection.vendor == 'sqlite'", reason="it is killed on PostgreSQL; here by hand")


@pytest.mark.parametrize(
    "work", [pytest.param(work, marks=[SLOW] if work == "migrate" else []) for work in sorted(WORKS)]
)
def test_kill_minus_nine_loses_nothing_and_leaves_nothing_half_done(run, work, pytestconfig):
    kills = KILLS.get(work, 2)
    code, text = run(
        "tests.chaos.kills",
        "--database",
        pytestconfig.getoption("--database"),
        "--work",
        work,
        "--kills",
        str(kills),
        "--back-to",
        BACK_TO,
    )
    assert code == 0, text
    assert json.loads(text)["kills survived"] == kills


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="it is about SQLite's one lock")
def test_processes_writing_to_one_sqlite_file_are_never_told_it_is_locked(run):
    code, text = run("tests.chaos.crowd", "--seconds", "2")
    assert code == 0, text
    assert json.loads(text)["transactions"] > 10
