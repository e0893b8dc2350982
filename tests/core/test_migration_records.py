"""A migrate killed between a migration and its record is noticed, and what the check says puts it right."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, models
from django.db.migrations import AddConstraint, AddField, AddIndex, Migration, RemoveField, RemoveIndex
from django.db.migrations.recorder import MigrationRecorder

from deltacrown.core.checks import _find_additions, check_migration_records
from deltacrown.games.models import Match
from deltacrown.moderation.models import DisputeStatement
from deltacrown.user_profile.models import UserProfile
from django_tally.checks import check_installed
from tests.hints import run_hinted_commands
from tests.pristine import put_back_schema

pytestmark = pytest.mark.django_db(transaction=True)

#: Migrations that few come after: Django builds every model anew for each one that it takes back or applies.
TABLE = ("moderation", "0007_statements")
INDEXES = ("games", "0012_recount")
INDEX = "match_recount"


class Stopped(BaseException):
    """Stands for a kill: nothing catches it."""


def stop(*args):
    raise Stopped


@pytest.fixture(autouse=True)
def _migrated():
    yield
    put_back_schema()


def find_faults():
    return check_migration_records(databases=["default"])


def has_index():
    with connection.cursor() as cursor:
        return INDEX in connection.introspection.get_constraints(cursor, Match._meta.db_table)


def has_table():
    return DisputeStatement._meta.db_table in connection.introspection.table_names()


def is_recorded(app, name):
    return MigrationRecorder.Migration.objects.filter(app=app, name=name).exists()


def migrate_and_be_killed(monkeypatch, step, *args):
    with monkeypatch.context() as patch:
        patch.setattr(MigrationRecorder, step, stop)
        with pytest.raises(Stopped):
            call_command("migrate", *args, verbosity=0)


def test_all_is_well_with_what_migrate_made():
    assert find_faults() == []
    call_command("migrate", "moderation", "0005", verbosity=0)
    assert find_faults() == []


def test_killed_after_a_table_was_made(monkeypatch):
    call_command("migrate", "moderation", "0006", verbosity=0)
    migrate_and_be_killed(monkeypatch, "record_applied", *TABLE)
    assert (has_table(), is_recorded(*TABLE)) == (True, False)
    with pytest.raises(DatabaseError, match="exists"):
        call_command("migrate", verbosity=0)

    (warning,) = find_faults()
    assert (warning.id, "moderation.0007_statements" in warning.msg) == ("core.W001", True)
    assert "`manage.py migrate moderation 0007_statements --fake`" in warning.hint

    run_hinted_commands([warning])
    assert (has_table(), is_recorded(*TABLE)) == (True, True)
    assert find_faults() == check_installed(databases=["default"]) == []


def test_killed_after_an_index_was_made_leaves_neither_it_nor_the_record(monkeypatch):
    """Django itself records in the same transaction what leaves no statement for the end."""
    call_command("migrate", "games", "0011", verbosity=0)
    migrate_and_be_killed(monkeypatch, "record_applied", *INDEXES)

    assert (has_index(), is_recorded(*INDEXES)) == (False, False)
    assert find_faults() == []


def test_killed_after_a_migration_was_taken_back(monkeypatch, player, played):
    ann = player("ann")
    migrate_and_be_killed(monkeypatch, "record_unapplied", "games", "0011")
    assert (has_index(), is_recorded(*INDEXES)) == (False, True)
    played(ann)  # while the triggers are out

    (warning,) = find_faults()
    assert (warning.id, "games.0012_recount" in warning.msg) == ("core.W002", True)
    assert "`manage.py migrate games 0011_omitted_matches --fake`" in warning.hint

    run_hinted_commands([warning])
    assert (has_index(), is_recorded(*INDEXES)) == (True, True)
    assert find_faults() == check_installed(databases=["default"]) == []
    assert UserProfile.objects.get(user=ann).total_matches_played == 1


def test_killed_on_the_way_to_no_migration_at_all(monkeypatch):
    migrate_and_be_killed(monkeypatch, "record_unapplied", "core", "zero")

    (warning,) = find_faults()
    assert "`manage.py migrate core 0004_about --fake`" in warning.hint

    run_hinted_commands([warning])
    assert find_faults() == []
    assert is_recorded("core", "0005_told_problems")


def test_migrate_itself_says_so_before_it_fails(monkeypatch, capsys):
    call_command("migrate", "moderation", "0006", verbosity=0)
    migrate_and_be_killed(monkeypatch, "record_applied", *TABLE)

    with pytest.raises(DatabaseError, match="exists"):
        call_command("migrate", verbosity=0, skip_checks=False)

    assert "core.W001" in capsys.readouterr().err


def test_what_is_only_changed_or_added_anew_shows_nothing():
    migration = Migration("0009_changed", "games")
    index = models.Index(fields=["recorded_at"], name="match_recorded")
    migration.operations = [
        RemoveIndex("match", "match_recorded"),
        AddIndex("match", index),
        RemoveField("match", "score"),
        AddField("match", "score", models.TextField()),
        AddField("match", "gone_since", models.TextField()),
        AddIndex("gone_since", models.Index(fields=["id"], name="gone")),
    ]
    assert _find_additions(connection, migration) == []

    migration.operations += [
        AddField("match", "score_of_another_name", models.TextField()),
        AddField("match", "void_reason", models.TextField()),
        AddConstraint("match", models.UniqueConstraint(fields=["score"], name="not_there")),
    ]
    assert _find_additions(connection, migration) == [True, False]
