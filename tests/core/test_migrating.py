"""The operations that stop nobody do what they say, forwards and backwards, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, models
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.transaction import TransactionManagementError
from django.db.utils import IntegrityError

from deltacrown.accounts.models import User
from deltacrown.core import migrating
from tests import scene
from tests.pristine import put_back_schema

pytestmark = pytest.mark.django_db(transaction=True)

TABLE = User._meta.db_table


@pytest.fixture(autouse=True)
def _put_back():
    yield
    put_back_schema()


def play(*operations: Any, is_atomic: bool = False) -> list[tuple[Migration, Any]]:
    """Run each operation as a migration of its own; return what takes them back."""
    state, done = MigrationLoader(connection).project_state(), []
    for operation in operations:
        migration = Migration("9999_sample", "accounts")
        migration.operations, migration.atomic = [operation], is_atomic
        before = state.clone()
        with connection.schema_editor(atomic=is_atomic) as editor:
            state = migration.apply(state, editor)
        done.append((migration, before))
    return done


def take_back(done: list[tuple[Migration, Any]]) -> None:
    for migration, before in reversed(done):
        with connection.schema_editor(atomic=migration.atomic) as editor:
            migration.unapply(before, editor)


def get_constraints():
    with connection.cursor() as cursor:
        return connection.introspection.get_constraints(cursor, TABLE)


def get_columns():
    with connection.cursor() as cursor:
        return {each.name: each for each in connection.introspection.get_table_description(cursor, TABLE)}


def test_an_index_comes_goes_and_is_taken_back():
    made = models.Index(fields=["last_login"], name="user_seen")
    there = []

    done = play(migrating.AddIndexApart("user", made), migrating.RemoveIndexApart("user", "user_seen"))
    there.append("user_seen" in get_constraints())
    take_back(done[1:])
    there.append("user_seen" in get_constraints())
    take_back(done[:1])
    there.append("user_seen" in get_constraints())

    assert there == [False, True, False]


@pytest.mark.parametrize(
    "constraint",
    [
        models.UniqueConstraint(fields=["last_name"], name="once"),
        models.UniqueConstraint(fields=["last_name"], name="once", condition=models.Q(last_name__gt="")),
    ],
)
def test_a_unique_constraint_holds(constraint):
    scene.player("ann", last_name="x")
    done = play(migrating.AddUniqueApart("user", constraint))

    with pytest.raises(IntegrityError):
        scene.player("bob", last_name="x")
    take_back(done)
    assert scene.player("cat", last_name="x").pk


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite makes an index whole or not at all")
def test_what_a_failed_attempt_left_is_made_anew():
    for name in ("ann", "bob"):
        scene.player(name, last_name="x")
    constraint = models.UniqueConstraint(fields=["last_name"], name="once")

    with pytest.raises(IntegrityError):
        play(migrating.AddUniqueApart("user", constraint))
    left = "once" in get_constraints()
    User.objects.filter(username="bob").update(last_name="y")
    take_back(play(migrating.AddUniqueApart("user", constraint)))

    assert left
    assert "once" not in get_constraints()


def test_a_check_is_for_new_rows_and_then_for_all():
    named = models.CheckConstraint(condition=~models.Q(last_name="x"), name="no_x")
    done = play(migrating.AddCheckApart("user", named), migrating.ValidateCheck("user", "no_x"))

    with pytest.raises(IntegrityError):
        scene.player("ann", last_name="x")
    take_back(done)
    assert scene.player("bob", last_name="x").pk


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite looks at once")
def test_a_row_that_does_not_meet_a_check_stops_the_look_only():
    scene.player("ann", last_name="x")
    added = migrating.AddCheckApart(
        "user", models.CheckConstraint(condition=~models.Q(last_name="x"), name="no_x")
    )

    play(added)
    with pytest.raises(IntegrityError):
        play(migrating.ValidateCheck("user", "no_x"))


def test_rows_are_filled_in_batches_and_none_twice():
    for number in range(5):
        scene.player(f"p{number}", last_name="")
    sizes = []

    def fill(rows):
        sizes.append(rows.filter(last_name="").update(last_name="x"))

    play(migrating.FillInBatches("accounts", "User", fill, size=2))
    play(migrating.FillInBatches("accounts", "User", fill, size=2))

    assert sizes == [2, 2, 1, 0, 0, 0]
    assert set(User.objects.values_list("last_name", flat=True)) == {"x"}


def test_batches_are_refused_within_a_transaction():
    with pytest.raises(TransactionManagementError, match="set atomic = False on its migration"):
        play(migrating.FillInBatches("accounts", "User", lambda rows: None), is_atomic=True)


def test_a_field_is_forgotten_in_one_release_and_dropped_in_the_next():
    field = User._meta.get_field("last_name").clone()
    forget = play(migrating.ForgetField("user", "last_name", left="left"), is_atomic=True)
    with connection.cursor() as cursor:  # as this release writes
        cursor.execute(
            f"INSERT INTO {TABLE} (password, is_superuser, username, first_name, email, is_staff, "
            "is_active, date_joined) VALUES ('', %s, 'new', '', '', %s, %s, '2025-06-01 12:00:00+00:00')",
            [False, False, True],
        )
    left = User.objects.get(username="new").last_name  # as the release before reads

    state = forget[0][0].mutate_state(forget[0][1])
    drop = migrating.DropForgotten("user", "last_name", field, "0.0.1")
    with connection.schema_editor() as editor:
        drop.database_forwards("accounts", editor, state, state)
    dropped = "last_name" not in get_columns()
    with connection.schema_editor() as editor:
        drop.database_backwards("accounts", editor, state, state)

    assert left == "left"
    assert dropped
    assert get_columns()["last_name"].null_ok


def test_a_table_is_dropped():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE forgotten (id integer)")

    play(migrating.DropForgottenTable("forgotten", "0.0.1"))

    assert "forgotten" not in connection.introspection.table_names()
