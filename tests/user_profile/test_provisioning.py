"""One profile and one privacy row per user, however the user came to be."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core import serializers
from django.core.management import call_command
from django.db import connection, transaction

from deltacrown.accounts.models import User
from deltacrown.user_profile.checks import check_everyone_has_a_profile
from deltacrown.user_profile.models import PrivacySettings, PublicIdCounter, UserProfile
from deltacrown.user_profile.people import profiles
from tests.concurrency import call_together

pytestmark = pytest.mark.django_db

IN_2024, IN_2025 = datetime(2024, 12, 31, 23, 59, tzinfo=UTC), datetime(2025, 1, 1, 0, 0, tzinfo=UTC)


def public_ids():
    return list(UserProfile.objects.order_by("user_id").values_list("public_id", flat=True))


def test_create_user_and_superuser_have_both_rows():
    for user in (User.objects.create_user("ann"), User.objects.create_superuser("root")):
        assert user.profile.pk == user.privacy_settings.pk == user.pk


def test_bulk_create_numbers_each_year_from_one():
    joined = [IN_2025, IN_2024, IN_2025, IN_2025, IN_2024]
    User.objects.bulk_create(User(username=f"u{n}", date_joined=at) for n, at in enumerate(joined))
    assert public_ids() == ["DC-25-000001", "DC-24-000001", "DC-25-000002", "DC-25-000003", "DC-24-000002"]
    assert PrivacySettings.objects.count() == 5


def test_numbers_are_never_reused():
    User.objects.create(username="ann", date_joined=IN_2025).delete()
    User.objects.create(username="bob", date_joined=IN_2025)
    assert public_ids() == ["DC-25-000002"]


def test_numbers_past_a_million_keep_every_digit():
    PublicIdCounter.objects.create(year=25, last=999_999)
    User.objects.create(username="ann", date_joined=IN_2025)
    assert public_ids() == ["DC-25-1000000"]


def test_raw_sql_users_have_both_rows():
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_user (password, is_superuser, username, first_name, last_name, email, "
            "is_staff, is_active, date_joined) "
            "VALUES ('', %s, 'raw', '', '', '', %s, %s, %s)",
            [False, False, True, str(IN_2025)],
        )
    assert public_ids() == ["DC-25-000001"]


def test_a_rolled_back_user_leaves_no_row():
    with transaction.atomic():
        User.objects.create(username="ann")
        transaction.set_rollback(True)
    assert (
        UserProfile.objects.count() == PrivacySettings.objects.count() == PublicIdCounter.objects.count() == 0
    )


def test_a_dumped_user_and_profile_load_onto_each_other():
    user = User.objects.create(username="ann", date_joined=IN_2025)
    UserProfile.objects.filter(user=user).update(display_name="Ann")
    dumped = serializers.serialize("json", [user, user.profile, user.privacy_settings])
    user.delete()
    for item in serializers.deserialize("json", dumped):
        item.save()
    assert UserProfile.objects.get(user__username="ann").display_name == "Ann"


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="INSERT OR REPLACE is SQLite's own")
def test_insert_or_replace_of_a_user_keeps_counter_and_rows_whole():
    ann = User.objects.create(username="ann", date_joined=IN_2025)
    columns = (
        "id, password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT OR REPLACE INTO accounts_user ({columns}) "
            "VALUES (%s, '', 0, 'anna', '', '', '', 0, 1, %s)",
            [ann.pk, str(IN_2025)],
        )
    assert public_ids() == ["DC-25-000001"]
    assert PublicIdCounter.objects.get().last == 1


def test_the_check_finds_the_gap_and_the_command_closes_it(capsys):
    ann, bob = (User.objects.create(username=name, date_joined=IN_2025) for name in ("ann", "bob"))
    UserProfile.objects.filter(user=ann).delete()
    PrivacySettings.objects.filter(user=bob).delete()
    found = check_everyone_has_a_profile(databases=["default"])
    assert [warning.msg for warning in found] == [
        "1 users have no profile row.",
        "1 users have no privacy settings row.",
    ]
    call_command("backfill_profiles", dry_run=True)
    assert UserProfile.objects.count() == 1
    call_command("backfill_profiles")
    assert "Created 1 profiles and 1 privacy rows." in capsys.readouterr().out
    assert check_everyone_has_a_profile(databases=["default"]) == []
    assert public_ids() == ["DC-25-000003", "DC-25-000002"]
    call_command("backfill_profiles")
    assert "Created 0 profiles and 0 privacy rows." in capsys.readouterr().out


class TestBackfill:
    """Five users without either row; batches of two."""

    @pytest.fixture(autouse=True)
    def _five_without(self, monkeypatch, played, game):
        monkeypatch.setattr(profiles, "BATCH", 2)
        users = [User.objects.create(username=f"u{number}", date_joined=IN_2025) for number in range(5)]
        played(users[0])
        UserProfile.objects.all().delete()
        PrivacySettings.objects.all().delete()

    def run(self, *arguments):
        said, code = StringIO(), 0
        try:
            call_command("backfill_profiles", *arguments, stdout=said)
        except SystemExit as end:
            code = end.code
        return code, said.getvalue()

    def test_a_dry_run_counts_and_makes_nothing(self):
        assert self.run("--dry-run") == (0, "5 profiles and 5 privacy rows are missing.\n")
        assert (UserProfile.objects.count(), PrivacySettings.objects.count()) == (0, 0)

    def test_progress_counts_every_row_once(self):
        seen = []
        profiles.ensure_profiles(seen.append)
        assert seen == [2, 4, 5, 7, 9, 10]

    def test_a_terminal_gets_a_bar_by_rows(self, monkeypatch):
        terminal = StringIO()
        terminal.isatty = lambda: True
        monkeypatch.setattr("sys.stderr", terminal)

        call_command("backfill_profiles", stdout=StringIO(), stderr=terminal)

        assert "making: 100%" in terminal.getvalue()
        assert "10/10" in terminal.getvalue()

    @pytest.mark.parametrize("stage", ["_create_profiles", "_create_privacy"])
    def test_stopped_half_way_it_keeps_whole_batches_and_a_second_run_finishes(
        self, monkeypatch, stage, find_all_drift
    ):
        make, batches = getattr(profiles, stage), []

        def stop_at_the_second(*, users):
            batches.append(users)
            if len(batches) == 2:
                raise KeyboardInterrupt
            return make(users=users)

        monkeypatch.setattr(profiles, stage, stop_at_the_second)
        assert self.run() == (
            130,
            "Interrupted. Rows created so far stay; run the same command again for the rest.\n",
        )
        made = (UserProfile.objects.count(), PrivacySettings.objects.count())
        assert made == ((2, 0) if stage == "_create_profiles" else (5, 2))
        monkeypatch.setattr(profiles, stage, make)

        code, said = self.run()

        assert (code, said) == (0, f"Created {5 - made[0]} profiles and {5 - made[1]} privacy rows.\n")
        assert (UserProfile.objects.count(), PrivacySettings.objects.count()) == (5, 5)
        assert len(set(public_ids())) == 5
        assert UserProfile.objects.get(user__username="u0").total_matches_played == 1
        assert find_all_drift() == []
        assert self.run() == (0, "Created 0 profiles and 0 privacy rows.\n")


@pytest.mark.django_db(transaction=True)
def test_two_backfills_at_once_make_each_row_once(monkeypatch):
    monkeypatch.setattr(profiles, "BATCH", 3)
    User.objects.bulk_create(User(username=f"u{number}", date_joined=IN_2025) for number in range(30))
    UserProfile.objects.all().delete()
    PrivacySettings.objects.all().delete()

    answers = call_together([profiles.ensure_profiles] * 3)

    assert [answer for answer in answers if isinstance(answer, BaseException)] == []
    assert (UserProfile.objects.count(), PrivacySettings.objects.count(), len(set(public_ids()))) == (
        30,
        30,
        30,
    )
