"""PostgreSQL keeps frequent statements ready, and no reader notices when it does not any more."""

from __future__ import annotations

from threading import Thread

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import F, IntegerField
from django.db.models.functions import Cast
from django.test.utils import CaptureQueriesContext

from deltacrown.accounts.models import User
from deltacrown.core import server_plans
from deltacrown.core.prepared import Parameter, PreparedQuery, PreparedRows
from tests import scene
from tests.scene import NOON

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no server"),
]


@pytest.fixture(autouse=True)
def own_connection(db):
    """A new session of the server for each test."""
    connection.close()
    yield
    connection.close()


@pytest.fixture
def people(db):
    return [scene.player(name, date_joined=NOON) for name in "abc"]


def by_name():
    return PreparedQuery(
        lambda: User.objects.filter(username=Parameter(0), date_joined__lte=Parameter(1)).order_by("pk")[:1],
        is_by_key=True,
    )


def ask(prepared, *values):
    """Return what is found, and whether it was asked by the name of a statement."""
    with CaptureQueriesContext(connection) as asked:
        found = prepared.first(*values)
    [one] = asked
    return found, one["sql"].startswith("EXECUTE")


def make_ready(prepared, *values):
    for _ in range(server_plans.OFTEN):
        assert not ask(prepared, *values)[1]
    assert ask(prepared, *values)[1]


def run(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_what_runs_often_is_kept_and_finds_the_same(people):
    prepared = by_name()
    make_ready(prepared, "a", NOON)

    for _ in range(8):  # the server takes one plan for all values from the sixth on
        for user in people:
            assert ask(prepared, user.username, NOON) == (user, True)
    for name in ("nobody", "' OR 1=1 --", "a%s", "ü\\", "$1"):
        assert ask(prepared, name, NOON) == (None, True)
    assert ask(prepared, "a", NOON.replace(year=2000)) == (None, True)


def test_what_is_not_by_key_is_not_kept(people):
    prepared = PreparedRows(
        lambda: User.objects.filter(is_active=True, pk__gt=Parameter(0)).values_list("pk")
    )
    with CaptureQueriesContext(connection) as asked:
        for _ in range(10):
            assert len(prepared.read(0)) == 3
    assert not any(each["sql"].startswith("EXECUTE") for each in asked)


def test_within_a_transaction_the_whole_statement_is_run(people):
    prepared = by_name()
    make_ready(prepared, "a", NOON)

    with transaction.atomic():
        assert ask(prepared, "b", NOON) == (people[1], False)
    assert ask(prepared, "b", NOON) == (people[1], True)


@pytest.mark.parametrize("loss", ["DISCARD ALL", "DEALLOCATE ALL"])
def test_what_is_gone_is_not_missed_and_prepared_again(people, loss):
    prepared, other = (
        by_name(),
        PreparedQuery(lambda: User.objects.filter(pk=Parameter(0))[:1], is_by_key=True),
    )
    make_ready(prepared, "a", NOON)
    make_ready(other, people[0].pk)
    for lost in range(server_plans.MOST_LOSSES):
        run(loss)
        assert prepared.first("b", NOON) == people[1]
        assert other.first(people[2].pk) == people[2]
        kept = [ask(prepared, "c", NOON) for _ in range(server_plans.OFTEN + 1)]
        assert kept[-1] == (people[2], lost < server_plans.MOST_LOSSES - 1)
    # Whatever takes them away does so each time: nothing is prepared on this connection any more.
    assert not any(ask(prepared, "c", NOON)[1] for _ in range(10))


def test_a_migration_under_a_statement_does_not_reach_a_reader(people):
    prepared = by_name()
    make_ready(prepared, "a", NOON)
    table, shape = User._meta.db_table, "ALTER TABLE {} ALTER COLUMN username TYPE {}"
    other = Thread(target=lambda: (run(shape.format(table, "varchar(240)")), connection.close()))
    other.start()
    other.join()
    try:
        for _ in range(server_plans.OFTEN + 3):
            assert prepared.first("b", NOON) == people[1]
        assert ask(prepared, "c", NOON) == (people[2], True), "in its new shape it is prepared again"
        run(f"ALTER TABLE {table} RENAME COLUMN username TO gone")
        with pytest.raises(DatabaseError, match="username"):
            prepared.first("b", NOON)
        run(f"ALTER TABLE {table} RENAME COLUMN gone TO username")
        assert prepared.first("b", NOON) == people[1]
    finally:
        run(shape.format(table, "varchar(150)"))


def test_a_column_of_another_type_is_compared_as_it_is_now(people):
    run("CREATE TABLE shapes (key integer)")
    try:
        run("INSERT INTO shapes VALUES (7)")
        plan = server_plans.ServerPlan("SELECT key FROM shapes WHERE key = %s", [0])
        read = []
        for step in range(12):
            if step == 6:
                run("ALTER TABLE shapes ALTER COLUMN key TYPE text")
            with connection.cursor() as cursor:
                read.append(plan.read(connection, cursor, ["7" if step >= 6 else 7]))
        assert read[server_plans.OFTEN : 6] == [[(7,)]] * (6 - server_plans.OFTEN)
        assert read[6] is None, "the whole statement is run"
        assert read[-1] == [("7",)]
    finally:
        run("DROP TABLE shapes")


def test_a_value_that_does_not_fit_is_compared_by_the_whole_statement(people):
    prepared = PreparedQuery(
        lambda: User.objects.annotate(small=Cast("pk", IntegerField())).filter(small=Parameter(0))[:1],
        is_by_key=True,
    )
    make_ready(prepared, people[0].pk)
    with CaptureQueriesContext(connection) as asked:
        assert prepared.first(2**40) is None
    assert [each["sql"].startswith("EXECUTE") for each in asked] == [True, False]
    assert ask(prepared, people[1].pk) == (people[1], True), "it is still ready"


def test_a_statement_without_types_is_run_as_it_is(people):
    plan = server_plans.ServerPlan("SELECT %s IS NULL", [0])
    for _ in range(server_plans.OFTEN + 5):
        with connection.cursor() as cursor:
            assert plan.read(connection, cursor, ["a"]) is None


def test_other_errors_are_those_of_the_whole_statement(people):
    prepared = PreparedQuery(
        lambda: User.objects.annotate(none=1 / (F("pk") - Parameter(0))).filter(pk=Parameter(0)),
        is_by_key=True,
    )
    for _ in range(server_plans.OFTEN + 3):
        with pytest.raises(DatabaseError, match="zero"):
            prepared.run(people[0].pk)


def test_no_more_than_so_many_are_kept_ready(people, monkeypatch):
    monkeypatch.setattr(server_plans, "MOST_READY", 2)
    names = []
    for order in ("pk", "username", "email", "date_joined"):
        one = PreparedQuery(
            lambda by=order: User.objects.filter(pk=Parameter(0)).order_by(by)[:1], is_by_key=True
        )
        names += [ask(one, people[0].pk) for _ in range(server_plans.OFTEN + 2)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'deltacrown%'")
        assert cursor.fetchone() == (2,)
    assert {found for found, _ in names} == {people[0]}
