"""A cursor is used again where nobody can notice."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from deltacrown.accounts.models import User
from deltacrown.core.cursors import reading_cursor
from deltacrown.core.prepared import Parameter, PreparedRows
from tests import scene

pytestmark = pytest.mark.django_db

NAMES = PreparedRows(lambda: User.objects.filter(username=Parameter(0)).values_list("username"))


def use(through=connection):
    with reading_cursor(through) as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchall() == [(1,)]
        return cursor.cursor  # of the adapter's


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="only there it takes long to make one")
def test_it_is_used_again_on_its_connection_alone():
    first = use()
    assert use() is first
    with reading_cursor(connection) as taken:
        assert taken.cursor is first
        assert use() is not first
    last = use()
    last.close()
    assert use() is not last


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="only there it takes long to make one")
def test_it_is_used_again_by_whoever_has_the_connection_out_of_the_pool():
    first = use()
    another = connection.copy()  # as each thread has one of its own, with a connection of the pool
    another.connection = connection.connection
    asked = []
    try:
        with another.execute_wrapper(lambda execute, sql, *rest: asked.append(sql) or execute(sql, *rest)):
            assert use(another) is first
    finally:
        another.connection = None
    assert asked == ["SELECT 1"], "the hooks are those of whoever asks"
    assert use() is first
    assert len(asked) == 1


def test_a_hook_that_asks_in_between_changes_nothing():
    scene.player("anna")
    scene.player("berta")
    inner = []

    def hook(execute, sql, params, many, context):
        found = execute(sql, params, many, context)
        if not inner:
            inner.append(True)
            inner.append(NAMES.read("berta"))
        return found

    for _ in range(2):
        inner.clear()
        with connection.execute_wrapper(hook):
            assert NAMES.read("anna") == [("anna",)]
        assert inner[1] == [("berta",)]


def test_what_is_asked_is_logged_where_somebody_listens():
    use()
    with CaptureQueriesContext(connection) as asked:
        use()
    assert len(asked) == 1
    use()


def test_it_is_not_used_again_after_a_failure_nor_on_another_connection(transactional_db):
    first = use()
    with pytest.raises(DatabaseError), reading_cursor(connection) as cursor:
        cursor.execute("SELECT * FROM there_is_no_such_table")
    second = use()
    assert second is not first or connection.vendor != "postgresql"
    connection.close()
    assert use() is not second
