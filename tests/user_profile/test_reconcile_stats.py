import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from deltacrown.user_profile.models import GameStats, UserProfile
from django_tally.feeds import get_stats
from django_tally.models import Repair, Run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_earlier_runs(db):
    """Making the test database is itself a recorded run."""
    Run.objects.all().delete()


def corrupt(user, **numbers):
    sets = ", ".join(f"{name} = {value}" for name, value in numbers.items())
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE user_profile_userprofile SET {sets} WHERE user_id = %s", [user.pk])


def run(*arguments):
    """Run the command; return its exit code and what it printed."""
    out, code = StringIO(), 0
    try:
        call_command("reconcile_stats", *arguments, stdout=out)
    except SystemExit as stop:
        code = stop.code
    return code, out.getvalue()


@pytest.fixture
def ann(player, played):
    """Two wins and a loss, and a void that counts nowhere."""
    ann = player("ann")
    for result in ("WIN", "WIN", "LOSS"):
        played(ann, result)
    played(ann, "WIN", voided_at="2025-06-02T00:00Z", void_reason="test")
    return ann


def test_a_right_database_is_clean(ann):
    code, text = run()
    assert code == 0
    numbers = len(get_stats(UserProfile)) + len(get_stats(GameStats))
    assert f"{numbers} numbers checked, all right." in text
    assert Run.objects.get().status == Run.Status.CLEAN


def test_dry_run_finds_exactly_the_damage_and_changes_nothing(ann, player, played):
    played(bob := player("bob"))
    corrupt(ann, matches_won=7)
    code, text = run("--dry-run", "--json")
    report = json.loads(text)
    assert code == 1
    assert report["findings"] == [
        {"player": ann.profile.public_id, "stat": "matches_won", "game": "", "cached": 7, "actual": 2}
    ]
    assert UserProfile.objects.get(user=ann).matches_won == 7
    assert UserProfile.objects.get(user=bob).matches_won == 1
    assert not Repair.objects.exists()


def test_repair_sets_logs_and_leaves_clean(ann, caplog):
    corrupt(ann, matches_won=-4, disputes_filed=3)
    code, text = run()
    assert code == 1
    assert f"{ann.profile.public_id} matches_won: was -4, its rows give 2 — repaired" in text
    assert UserProfile.objects.get(user=ann).matches_won == 2
    repairs = Repair.objects.order_by("stat").values_list("holder", "stat", "was", "now")
    assert list(repairs) == [
        ("user_profile.UserProfile", "disputes_filed", 3, 0),
        ("user_profile.UserProfile", "matches_won", -4, 2),
    ]
    assert "matches_won {'user': " in caplog.text
    assert run()[0] == 0


def test_one_player_only(ann, player):
    corrupt(bob := player("bob"), matches_won=1)
    corrupt(ann, matches_won=1)
    code, _ = run("--user", ann.profile.public_id)
    assert code == 1
    assert UserProfile.objects.get(user=ann).matches_won == 2
    assert UserProfile.objects.get(user=bob).matches_won == 1
    assert Run.objects.get().scope == ann.profile.public_id


def test_an_unknown_player_is_a_wrong_call():
    with pytest.raises(CommandError, match="No player has the public id 'DC-00-1'") as refused:
        call_command("reconcile_stats", "--user", "DC-00-1")
    assert refused.value.returncode == 2
    assert not Run.objects.exists()


def test_a_per_game_row_that_went_missing_is_made_again(ann, game):
    GameStats.objects.all().delete()
    code, text = run()
    assert code == 1
    assert (
        f"{ann.profile.public_id} matches_played in rocket: was missing, its rows give 3 — repaired" in text
    )
    stats = GameStats.objects.get(user=ann)
    assert (stats.game, stats.matches_played, stats.matches_won) == (game, 3, 2)


def test_a_profile_that_went_missing_is_made_again_with_its_numbers(ann):
    UserProfile.objects.filter(user=ann).delete()
    run()
    profile = UserProfile.objects.get(user=ann)
    assert (profile.total_matches_played, profile.matches_won) == (3, 2)
    assert run()[0] == 0


def test_a_run_that_failed_says_so(ann, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("disk full")

    monkeypatch.setattr("django_tally.reconciliation.find_drift", fail)
    with pytest.raises(RuntimeError):
        call_command("reconcile_stats")
    record = Run.objects.get()
    assert (record.status, record.error) == (Run.Status.FAILED, "RuntimeError('disk full')")
    assert record.finished_at is not None
