"""Behind PgBouncer in transaction mode nothing is left in a session, nor expected there."""

from __future__ import annotations

import os
import re
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client

from deltacrown.config.bounded_connection import bounded_by
from deltacrown.config.database import configure_postgresql
from deltacrown.freshness.stamps import Stamps
from tests import scene
from tests.config.test_database import LIMITS, DatabaseLimits
from tests.databases import SERVER

POSTGRESQL = "connection.vendor != 'postgresql'"
#: Statements whose effect outlives a transaction. What Django sets when it connects is not among those that a
#: request sends, and PgBouncer itself keeps it for each client: time zone and encoding.
OF_SESSION = re.compile(
    r"\s*(PREPARE|EXECUTE|DEALLOCATE|DISCARD|LISTEN|UNLISTEN|LOAD|DECLARE\b.*\bWITH HOLD"
    r"|SET (?!LOCAL|CONSTRAINTS|TRANSACTION)|CREATE (LOCAL |GLOBAL )?TEMP)"
    r"|.*\b(pg_(try_)?advisory_(lock|unlock)(_shared)?(_all)?\(|set_config\([^)]*,\s*false\)|(curr|last)val\()",
    re.IGNORECASE | re.DOTALL,
)
#: At connect; PgBouncer keeps it for each client.
OF_DJANGO = "SELECT set_config('TimeZone', %s, false)"


@pytest.mark.parametrize(
    ("statement", "is_of_session"),
    [
        ("SELECT set_config('a', %s, false)", True),
        ("SELECT set_config('a', %s, true)", False),
        ("SELECT pg_advisory_lock(1)", True),
        ("SELECT pg_advisory_xact_lock(1)", False),
        ("SELECT pg_try_advisory_lock_shared(1)", True),
        ("SET work_mem = 1", True),
        ("SET LOCAL work_mem = 1", False),
        ("SET CONSTRAINTS ALL IMMEDIATE", False),
        ("PREPARE x AS SELECT 1", True),
        ("CREATE TEMP TABLE x ()", True),
        ("DECLARE c CURSOR WITH HOLD FOR SELECT 1", True),
        ("SELECT currval('x')", True),
        ("LISTEN x", True),
        ("UPDATE x SET a = 1", False),
    ],
)
@pytest.mark.once
def test_the_guard_knows_what_stays_in_a_session(statement, is_of_session):
    assert bool(OF_SESSION.match(statement)) is is_of_session


@pytest.mark.once
def test_the_entry_relies_on_no_session():
    entry: dict[str, Any] = {}
    configure_postgresql(entry, DatabaseLimits(**LIMITS), is_server=True, is_behind_pgbouncer=True)

    assert entry["DISABLE_SERVER_SIDE_CURSORS"] is True
    assert entry["OPTIONS"]["prepare_threshold"] is None


class Sent:
    """All that psycopg sends, whoever asks: cursors of Django, and what goes past them."""

    def __init__(self, monkeypatch) -> None:
        self.statements: list[str] = []
        execute = psycopg.Cursor.execute

        def note(cursor, query, *args, **kwargs):
            self.statements.append(query if isinstance(query, str) else query.as_string(cursor))
            return execute(cursor, query, *args, **kwargs)

        monkeypatch.setattr(psycopg.Cursor, "execute", note)

    @property
    def of_session(self) -> list[str]:
        return [each for each in self.statements if OF_SESSION.match(each) and each != OF_DJANGO]


def ask_for_everything():
    """Pages, a write, a recorded match and an export, each as often as it takes to prepare a statement."""
    ann, bob = scene.player("ann"), scene.player("bob")
    for number in range(3):
        scene.match(ann, f"m{number}", hours=number)
        scene.match(bob, f"m{number}", "LOSS", hours=number)
    client = Client()
    client.force_login(ann)
    ids = [ann.profile.public_id, bob.profile.public_id]
    for _ in range(5):
        for who in (Client(), client):
            for address in ("/players/{}/", "/players/{}/matches/", "/players/{}/matches/export"):
                prefix = "/api/v1" if address.endswith("export") else ""
                response = who.get(prefix + address.format(ids[1]))
                assert response.status_code == 200
                b"".join(response.streaming_content) if response.streaming else response.content
            assert who.get("/leaderboards/matches_won/").status_code == 200
        for do in ("follow", "unfollow"):
            assert client.post(f"/players/{ids[1]}/{do}/").status_code == 302


@pytest.mark.skipif(POSTGRESQL, reason="SQLite has no pool")
@pytest.mark.django_db(transaction=True)
class TestStatements:
    def test_nothing_of_a_session_is_sent(self, monkeypatch, settings):
        settings.DATABASE_PGBOUNCER = True
        monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
        sent = Sent(monkeypatch)

        ask_for_everything()

        assert len(sent.statements) > 100
        assert sent.of_session == []

    def test_without_the_setting_statements_are_prepared(self, monkeypatch):
        """Else the test above would show nothing."""
        sent = Sent(monkeypatch)
        prepared = []
        execute = psycopg.Connection.execute

        def note(raw, query, *args, **kwargs):
            prepared.append(query)
            return execute(raw, query, *args, **kwargs)

        monkeypatch.setattr(psycopg.Connection, "execute", note)
        ask_for_everything()

        assert [each for each in sent.of_session if each.startswith("EXECUTE")]
        assert [each for each in prepared if OF_SESSION.match(str(each))]

    def test_no_limit_is_set_at_connect(self, monkeypatch):
        shown = {}
        for is_behind in (True, False):
            kind = bounded_by(DatabaseLimits(**LIMITS), is_behind_pgbouncer=is_behind)
            with kind.connect(os.environ[SERVER], autocommit=True) as connected:
                shown[is_behind] = connected.execute("SHOW lock_timeout").fetchone()

        assert shown == {True: ("0",), False: ("5s",)}

    def test_there_is_no_stamp(self, settings):
        """Behind it a server may be started anew, and no connection of this process is another one."""
        stamps = Stamps(lambda: "NULL")
        was = stamps.read()
        settings.DATABASE_PGBOUNCER = True

        assert was is not None
        assert stamps.read() is None
