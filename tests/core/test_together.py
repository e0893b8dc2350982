"""Statements that are sent together are run as if each were sent by itself."""

from __future__ import annotations

import pytest
from django.db import DataError, connection, transaction
from django.test.utils import CaptureQueriesContext

from deltacrown.accounts.models import User
from deltacrown.core.cursors import reading_cursor
from deltacrown.core.together import send_together
from tests import scene

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite runs one statement at a time"),
]

COUNT = f"SELECT count(*) FROM {User._meta.db_table} WHERE username = %s"
RENAME = f"UPDATE {User._meta.db_table} SET username = %s WHERE username = %s"


def test_one_sees_what_the_last_has_done_and_its_rows_are_there():
    scene.player("anna")
    with CaptureQueriesContext(connection) as sent, reading_cursor(connection) as cursor:
        send_together(cursor, [(COUNT, ["anna"]), (RENAME, ["a; b %s", "anna"]), (COUNT, ["a; b %s"])])
        assert cursor.fetchall() == [(1,)]
    assert len(sent) == 1


def test_where_one_fails_none_after_it_is_run():
    scene.player("anna")
    with pytest.raises(DataError), transaction.atomic(), reading_cursor(connection) as cursor:
        send_together(cursor, [("SELECT 1 / %s", [0]), (RENAME, ["berta", "anna"])])
    assert User.objects.filter(username="anna").exists()


def test_a_cursor_that_was_used_so_can_be_used_again():
    for _ in range(2):
        with reading_cursor(connection) as cursor:
            send_together(cursor, [("SELECT %s", [1]), ("SELECT %s", [2])])
            assert cursor.fetchall() == [(2,)]
        with reading_cursor(connection) as cursor:
            cursor.execute("SELECT 3")
            assert cursor.fetchall() == [(3,)]
