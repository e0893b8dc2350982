"""Triggers follow the declarations through migrations, and their absence never goes unnoticed."""

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations import (
    AddField,
    CreateModel,
    Migration,
    RemoveField,
    RunSQL,
    SeparateDatabaseAndState,
)
from django.db.models import IntegerField
from django.test.utils import isolate_apps

from deltacrown.user_profile.models import UserProfile
from django_tally import reconciliation
from django_tally.checks import check_installed
from django_tally.models import Installation, Repair, Run
from django_tally.triggers import installation
from django_tally.triggers.migrating import drop_before_migrating, sync_after_migrating
from django_tally.triggers.plan import build_triggers, list_providers
from django_tally.triggers.trigger import Trigger

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_earlier_runs(db):
    """Making the test database is itself a recorded run."""
    Run.objects.all().delete()


def drop(name):
    table = installation.read_installed(connection)[name][0]
    with connection.cursor() as cursor:
        cursor.execute(
            f'DROP TRIGGER {name} ON "{table}"'
            if connection.vendor == "postgresql"
            else f"DROP TRIGGER {name}"
        )


def a_trigger():
    return next(
        t
        for t in build_triggers(connection)
        if t.table == "games_match" and "userprofile" in t.name and t.name.endswith("insert")
    )


def plan_of(*operations, is_backwards=False):
    migration = Migration("9999_sample", "games")
    migration.operations = operations
    return [(migration, is_backwards)]


def list_oids():
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname, oid FROM pg_trigger WHERE tgname LIKE 'tally%'")
        return dict(cursor.fetchall())


def test_a_migrated_database_is_as_declared():
    assert check_installed(databases=["default"]) == []
    assert Installation.objects.get().fingerprint == installation.fingerprint(build_triggers(connection))


def test_names_fit_the_database():
    assert max(len(trigger.name) for trigger in build_triggers(connection)) <= 63


def test_a_missing_trigger_is_reported_reinstalled_and_the_drift_it_left_recounted(player, played):
    ann = player("ann")
    drop(a_trigger().name)
    played(ann)
    (warning,) = check_installed(databases=["default"])
    assert warning.id == "tally.W101"
    assert f"trigger {a_trigger().name} is missing" in warning.msg
    assert UserProfile.objects.get(user=ann).total_matches_played == 0
    sync_after_migrating(using="default")
    assert check_installed(databases=["default"]) == []
    assert UserProfile.objects.get(user=ann).total_matches_played == 1
    assert Run.objects.get().cause == "migrate"
    assert Repair.objects.filter(stat="total_matches_played").exists()


def test_a_changed_declaration_is_stale_until_migrated_and_then_recounted(player, played, monkeypatch):
    played(ann := player("ann"), "WIN")
    played(ann, "DRAW")
    from django.db.models import Q

    from django_tally.declarations import Rule, count_of

    stat = UserProfile._meta.get_field("matches_won")
    monkeypatch.setattr(
        stat,
        "contributions",
        count_of(
            "games.Match",
            "games.ArchivedMatch",
            happened_at="played_at",
            where=[Rule(Q(result__in=["WIN", "DRAW"]), "lost")],
        ),
    )
    (warning,) = check_installed(databases=["default"])
    assert "is not as declared" in warning.msg
    sync_after_migrating(using="default")
    assert UserProfile.objects.get(user=ann).matches_won == 2
    monkeypatch.undo()
    sync_after_migrating(using="default")
    assert UserProfile.objects.get(user=ann).matches_won == 1


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="only PostgreSQL can disable a trigger")
def test_a_disabled_trigger_is_reported():
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE games_match DISABLE TRIGGER {a_trigger().name}")
    (warning,) = check_installed(databases=["default"])
    assert warning.msg.endswith(f"trigger {a_trigger().name} is disabled.")


def test_a_left_over_trigger_is_reported_and_removed(monkeypatch):
    kept = [trigger for trigger in build_triggers(connection) if trigger.name != a_trigger().name]
    leftover = a_trigger().name
    monkeypatch.setattr(installation, "build_triggers", lambda connection: kept)
    (warning,) = check_installed(databases=["default"])
    assert f"trigger {leftover} belongs to no declaration" in warning.msg
    sync_after_migrating(using="default")
    assert leftover not in installation.read_installed(connection)
    monkeypatch.undo()
    sync_after_migrating(using="default")


def test_an_installation_that_fails_half_way_leaves_what_was_there(monkeypatch):
    before = installation.read_installed(connection)
    broken = Trigger(name="tally_broken", table="games_match", create=("CREATE NONSENSE",), source="")
    monkeypatch.setattr(installation, "build_triggers", lambda _: [broken, *build_triggers(connection)])
    with pytest.raises(DatabaseError):
        installation.install_triggers("default")
    assert installation.read_installed(connection) == before


def test_migrating_takes_them_out_and_puts_them_back():
    drop_before_migrating(using="default", plan=[])
    assert installation.read_installed(connection)
    drop_before_migrating(using="default", plan=plan_of(RunSQL("")))
    assert installation.read_installed(connection) == {}
    sync_after_migrating(using="default")
    assert installation.find_faults(connection) == []


ADDED = AddField("match", "x", IntegerField(null=True))


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite makes a table anew, without triggers")
@pytest.mark.parametrize(
    ("plan", "stay"),
    [
        (plan_of(CreateModel("x", []), ADDED), True),
        (plan_of(SeparateDatabaseAndState([ADDED], [RunSQL("")])), True),
        (plan_of(ADDED, is_backwards=True), False),
        (plan_of(ADDED, RemoveField("match", "result")), False),
        (plan_of(SeparateDatabaseAndState([RunSQL("")])), False),
        ([*plan_of(ADDED), *plan_of(RunSQL(""))], False),
    ],
)
def test_they_stay_where_only_what_is_new_is_added(player, played, plan, stay):
    drop_before_migrating(using="default", plan=plan)
    played(ann := player("ann"))

    assert bool(installation.read_installed(connection)) is stay
    assert UserProfile.objects.filter(user=ann, total_matches_played=1).exists() is stay


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time")
def test_only_those_that_are_not_as_declared_are_made_anew():
    """What is replaced keeps everybody from its table."""
    before, name = list_oids(), a_trigger().name
    with connection.cursor() as cursor:
        cursor.execute(f"COMMENT ON TRIGGER {name} ON games_match IS 'of another text'")
    Installation.objects.update(fingerprint="of another text")
    sync_after_migrating(using="default")
    after = list_oids()

    assert {each for each in before if before[each] != after[each]} == {name}
    assert after.keys() == before.keys()
    assert check_installed(databases=["default"]) == []


def test_a_second_migrate_changes_nothing():
    before = Installation.objects.values().get()
    call_command("migrate", verbosity=0)
    assert not Run.objects.exists()
    assert Installation.objects.values().get() == before


def test_one_that_was_killed_before_its_recount_is_reported_and_finished_by_the_next(
    player, played, monkeypatch
):
    ann = player("ann")
    drop_before_migrating(using="default", plan=plan_of(RunSQL("")))
    played(ann)
    monkeypatch.setattr(reconciliation, "reconcile", lambda **_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        sync_after_migrating(using="default")
    monkeypatch.undo()
    (warning,) = check_installed(databases=["default"])
    assert "nothing was recounted since the triggers were put in" in warning.msg
    sync_after_migrating(using="default")
    assert UserProfile.objects.get(user=ann).total_matches_played == 1
    assert check_installed(databases=["default"]) == []


def test_an_app_that_is_made_again_has_its_triggers_built_once():
    before = list_providers()
    with isolate_apps("deltacrown.user_profile"):
        pass

    assert list_providers() == before
