"""A migration never keeps the site waiting: it gives up a lock soon, and tries the rest again."""

from __future__ import annotations

import os
from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.migrations import Migration, RunSQL
from django.db.migrations.executor import MigrationExecutor

from deltacrown.core.management.commands import migrate
from deltacrown.core.outages import LOCKED, find_outage
from tests.databases import SERVER
from tests.pristine import put_back_schema

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one lock, and waits for it"),
]


@pytest.fixture
def sample(monkeypatch):
    """A migration that waits for the table of games, as the only one to run; not recorded."""
    made = Migration("9999_sample", "games")
    made.operations = [RunSQL("LOCK TABLE games_game IN ACCESS EXCLUSIVE MODE; CREATE TABLE sample ()")]
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda *_, **__: [(made, False)])
    monkeypatch.setattr(MigrationExecutor, "record_migration", lambda *_: None)
    yield made
    put_back_schema()  # a migrate that failed has taken the triggers away; the next test may write


@pytest.fixture
def reader():
    """Somebody who reads games in a transaction that does not end."""
    address = os.environ[SERVER].replace("/postgres?", f"/{connection.settings_dict['NAME']}?", 1)
    with psycopg.connect(address) as other:
        other.execute("SELECT count(*) FROM games_game")
        yield other


def run(**options):
    said = StringIO()
    call_command("migrate", verbosity=0, lock_seconds=1, stderr=said, **options)
    return said.getvalue()


def test_it_tries_again_when_the_table_is_free(sample, reader, monkeypatch):
    pauses = []

    def pause(seconds):
        pauses.append(seconds)
        reader.rollback()

    monkeypatch.setattr(migrate, "pause", pause)
    said = run()

    assert said.startswith("A table was not free, attempt 1 of 30: canceling statement due to lock timeout")
    assert pauses == [1]
    assert "sample" in connection.introspection.table_names()


def test_it_ends_after_its_attempts_and_others_were_let_by(sample, reader, monkeypatch):
    pauses = []
    monkeypatch.setattr(migrate, "pause", pauses.append)

    with pytest.raises(CommandError, match=r"A table was not free in 2 attempts: .* run it again"):
        run(attempts=2)

    assert pauses == [1]
    assert "sample" not in connection.introspection.table_names()


def test_another_error_is_not_tried_again(sample, monkeypatch):
    monkeypatch.setattr(migrate, "pause", lambda _: pytest.fail("it tried again"))
    sample.operations = [RunSQL("SET LOCAL statement_timeout = 1; SELECT pg_sleep(60)")]

    with pytest.raises(OperationalError) as caught:
        run()
    assert find_outage(caught.value) is not LOCKED


def test_the_limit_is_of_the_command_alone():
    run()

    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


def test_it_refuses_to_go_through_pgbouncer(settings):
    settings.DATABASE_PGBOUNCER = True

    with pytest.raises(CommandError, match="give DATABASE_URL of PostgreSQL itself"):
        run()
