"""The public figures of verifications: totals, without anything about a single player."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

import pytest
from django.db import connection

from deltacrown.core.errors import InvalidInput
from deltacrown.core.jobs import begin_run, get_job, renew_lease
from deltacrown.core.pagination import InvalidCursor
from deltacrown.pages.integrity import IntegrityState, RepairedStat, get_integrity_page
from deltacrown.user_profile.models import GameStats, UserProfile
from deltacrown.user_profile.numbers.reconciliation import reconcile_stats
from django_tally.models import Repair, Run
from tests.conftest import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_runs_yet(db):
    Run.objects.all().delete()  # migrating leaves one


def run(status="CLEAN", *, minutes=0, took=2, **fields):
    """A verification that began so many minutes after noon."""
    began = NOON + timedelta(minutes=minutes)
    ended = None if status == "RUNNING" else began + timedelta(seconds=took)
    counts = {"numbers_checked": 40, "numbers_drifted": 0, "numbers_repaired": 0}
    return Run.objects.create(
        status=status, started_at=began, finished_at=ended, **{"cause": "test", **counts, **fields}
    )


def repair(of, stat="matches_won", holder="user_profile.UserProfile", user=7):
    return Repair.objects.create(
        run=of, holder=holder, stat=stat, keys={"user": user}, was=1, now=2, repaired_at=NOON
    )


def look(page=None, *, hours=1, **options):
    return get_integrity_page(page, now=NOON + timedelta(hours=hours), **options)


def test_before_the_first():
    found = look()
    assert (found.state, found.latest, found.finished, found.runs.items) == (
        IntegrityState.NEVER,
        None,
        None,
        [],
    )


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, IntegrityState.CLEAN),
        ({"dry_run": True}, IntegrityState.CLEAN),
        ({"status": "DRIFTED", "numbers_drifted": 3, "numbers_repaired": 3}, IntegrityState.REPAIRED),
        ({"status": "DRIFTED", "numbers_drifted": 3, "dry_run": True}, IntegrityState.FOUND),
    ],
)
def test_a_finished_one(fields, state):
    run(**fields)
    found = look()
    assert (found.state, found.latest, found.runs.items) == (state, found.finished, [found.finished])
    assert (found.finished.numbers_checked, found.finished.numbers_drifted) == (
        40,
        fields.get("numbers_drifted", 0),
    )
    assert (found.finished.started_at, found.finished.seconds) == (NOON, 2.0)


@pytest.mark.parametrize(
    ("status", "hours", "state"),
    [
        ("FAILED", 1, IntegrityState.FAILED),
        ("RUNNING", 1, IntegrityState.RUNNING),
        ("RUNNING", 2, IntegrityState.STALLED),
    ],
)
def test_one_without_an_answer_stands_beside_the_latest_that_has_one(status, hours, state):
    run("DRIFTED", minutes=1, numbers_drifted=1, numbers_repaired=1)
    run(minutes=2)
    run(status, minutes=3)
    found = look(hours=hours)
    assert (found.state, found.latest.state, found.finished.state) == (state, state, IntegrityState.CLEAN)
    assert found.finished.started_at == NOON + timedelta(minutes=2)
    assert [shown.state for shown in found.runs.items] == [
        state,
        IntegrityState.CLEAN,
        IntegrityState.REPAIRED,
    ]


def test_verifications_of_one_player_are_nobodys_business():
    run(minutes=0)
    repair(run("DRIFTED", minutes=9, scope="DC-25-000001", numbers_drifted=1, numbers_repaired=1))
    found = look()
    assert (found.state, len(found.runs.items)) == (IntegrityState.CLEAN, 1)


def test_repairs_are_told_by_stat_and_never_by_player():
    wrong = run("DRIFTED", numbers_drifted=4, numbers_repaired=4, error="player DC-25-000001")
    for user in (7, 8):
        repair(wrong, user=user)
    repair(wrong, "matches_won", "user_profile.GameStats")
    repair(wrong, "gone_since")
    repair(run("DRIFTED", minutes=-5), "tournaments_won")

    told = look()

    assert told.finished.repaired == (
        RepairedStat("matches_won", "Matches won", is_per_game=False, count=2),
        RepairedStat("matches_won", "Matches won", is_per_game=True, count=1),
        RepairedStat("gone_since", "gone_since", is_per_game=False, count=1),
    )
    assert "DC-25" not in str(asdict(told))


def test_a_real_verification_is_told_as_it_was(player, played, game):
    ann = player("ann")
    played(ann)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {UserProfile._meta.db_table} SET matches_won = 9 WHERE user_id = %s", [ann.pk]
        )
    GameStats.objects.filter(user=ann).delete()

    reconcile_stats(clock=lambda: NOON)

    told = look().finished
    assert (told.state, told.numbers_drifted, told.numbers_repaired) == (IntegrityState.REPAIRED, 3, 3)
    assert {(stat.label, stat.is_per_game) for stat in told.repaired} == {
        ("Matches won", False),
        ("Matches won", True),
        ("Matches played", True),
    }


def test_pages_of_verifications(django_assert_num_queries):
    for minute in range(25):
        repair(run("DRIFTED", minutes=minute, numbers_drifted=minute, numbers_repaired=minute))
    seen, page = [], None
    for _ in range(3):
        with django_assert_num_queries(4):  # the page, the newest, the latest that finished, repairs
            found = look(page)
        assert found.finished.numbers_drifted == 24
        seen += [shown.numbers_drifted for shown in found.runs.items]
        page = found.runs.next_cursor
    assert (seen, page) == (list(range(24, -1, -1)), None)


def test_what_cannot_be_shown_is_refused():
    with pytest.raises(InvalidCursor):
        look("nonsense")
    with pytest.raises(InvalidInput):
        look(limit=51)


def test_one_of_the_schedule_runs_as_long_as_its_job_says_so():
    job = begin_run(job=get_job("reconcile"), cause="run_job", now=NOON)
    run("RUNNING", cause="schedule")
    renew_lease(run=job, now=NOON + timedelta(hours=3))

    assert look(hours=3).state is IntegrityState.RUNNING
    assert look(hours=3.1).state is IntegrityState.STALLED
