"""The jobs of the real schedule: each does what its line says, and does no harm twice."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.management import CommandError, call_command, get_commands
from django.db import connection

from deltacrown.core import clock, jobs
from deltacrown.core.errors import InvalidInput
from deltacrown.core.jobs import begin_run, get_job
from deltacrown.core.models import JobRun
from deltacrown.freshness import cache_store
from deltacrown.games.models import ArchivedMatch, Match
from deltacrown.pages.breakdowns import refresh_breakdowns
from deltacrown.user_profile.models import ArchivedUserActivity, GameStats, UserActivity
from deltacrown.user_profile.numbers.catalogue import get_game_breakdown
from django_tally.feeds import get_stats
from tests import scene

pytestmark = pytest.mark.django_db

NOW = datetime(2028, 1, 1, 12, 0, tzinfo=UTC)


def run(name):
    return jobs.run_job(name, cause="a test", clock=lambda: NOW).summary


def damage(table, column):
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = {column} + 5")


@pytest.fixture
def anna(db):
    user = scene.player("anna")
    for number in range(3):
        scene.match(user, f"m{number}")
    scene.match(user, "recent", hours=24 * 365 * 2)
    return user


def test_every_job_can_be_called_and_done_by_hand(anna):
    for job in settings.JOBS:
        run(job.name)
        run(job.name)
        assert job.by_hand.split()[0] in get_commands()

    assert {state.problem for state in jobs.list_job_states(NOW)} == {""}


def test_reconciling_repairs_and_says_so(anna, find_all_drift, caplog):
    damage("user_profile_userprofile", "matches_won")

    found = run("reconcile")

    assert (found["numbers_drifted"], found["numbers_repaired"]) == (1, 1)
    assert run("reconcile")["numbers_drifted"] == 0
    assert find_all_drift() == []


def test_breakdowns_are_verified_and_the_leading_players_are_in_the_cache(
    anna, client, caplog, monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    cache.clear()
    damage("user_profile_gamestats", "matches_won")
    damage("user_profile_userprofile", "disputes_filed")
    found, address = run("breakdowns"), f"/players/{anna.profile.public_id}/"

    assert (found["numbers_drifted"], found["games"], found["players"]) == (1, 1, 1)
    with django_assert_num_queries(2):  # the player with the token, and the lines of others
        client.get(address)
    with django_assert_num_queries(2):  # the player and the token
        games = client.get(f"/api/v1/players/{anna.profile.public_id}/games").json()
    assert len(games) == 1


def test_a_breakdown_is_kept_until_the_next_run_and_never_longer_than_it_is_true(anna, monkeypatch):
    cache.clear()
    kept_for = []
    write = cache_store.write

    def note(key, value, *, seconds):
        kept_for.append(seconds)
        write(key, value, seconds=seconds)

    monkeypatch.setattr(cache_store, "write", note)

    before = get_game_breakdown(anna)
    assert get_game_breakdown(anna) == before
    assert kept_for == [7 * 24 * 60 * 60]

    scene.match(anna, "one more", hours=1)
    played = {stat.name: stat.value for stat in get_game_breakdown(anna)[0].stats}["total_matches_played"]
    assert played == GameStats.objects.get(user=anna).matches_played


def test_the_command_for_breakdowns_is_a_run_of_the_job(anna):
    call_command("refresh_breakdowns", stdout=StringIO())

    run_record = JobRun.objects.get(job="breakdowns")
    assert (run_record.cause, run_record.status) == ("refresh_breakdowns", JobRun.Status.DONE)
    assert run_record.summary["players"] == 1


def test_the_command_for_breakdowns_waits_for_no_other_run(anna):
    begin_run(job=get_job("breakdowns"), cause="beat", now=clock.now())

    with pytest.raises(CommandError, match="already running") as refusal:
        call_command("refresh_breakdowns", stdout=StringIO())
    assert refusal.value.returncode == 3


@pytest.mark.parametrize("players", [-1, 101])
def test_breakdowns_of_too_many_players_are_refused(db, players):
    with pytest.raises(InvalidInput):
        refresh_breakdowns(clock=lambda: NOW, players=players)


def test_the_command_for_breakdowns(anna, caplog):
    out = StringIO()
    call_command("refresh_breakdowns", "--players", "0", stdout=out)

    numbers = len(get_stats(GameStats))
    assert (
        f"{numbers} numbers of 1 games checked, all right.\nBreakdowns and overviews of 0 players"
        in out.getvalue()
    )
    damage("user_profile_gamestats", "matches_won")
    with pytest.raises(SystemExit) as stop:
        call_command("refresh_breakdowns", stdout=out)

    assert stop.value.code == 1


def test_matches_older_than_two_years_are_archived(anna, find_all_drift):
    assert run("archive-matches") == {"rows": 3, "matches": 3, "left": 0}
    assert run("archive-matches")["rows"] == 0

    assert (Match.objects.count(), ArchivedMatch.objects.count()) == (1, 3)
    assert find_all_drift() == []


def test_entries_older_than_two_years_are_archived(anna):
    UserActivity.objects.all().delete()
    scene.activity(anna, "old")
    scene.activity(anna, "recent", hours=24 * 365 * 2)

    assert (run("archive-activities")["entries"], run("archive-activities")["entries"]) == (1, 0)
    assert [ArchivedUserActivity.objects.get().dedupe_key, UserActivity.objects.get().dedupe_key] == [
        "old",
        "recent",
    ]
