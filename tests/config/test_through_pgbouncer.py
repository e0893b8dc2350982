"""What the site sends goes through a real PgBouncer in transaction mode, and leaves nothing on the servers.

After each transaction of the site somebody else takes the server that it had: it must not be missed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections

from deltacrown.games.models import Match
from tests import scene
from tests.api.calls import visitor, with_key
from tests.concurrency import call_together
from tests.config.test_pgbouncer import ask_for_everything
from tests.pooler import find_pooler, running_pooler

SERVERS = 2
PREPARED = "SELECT statement FROM pg_prepared_statements"
SET_HERE = "SELECT name FROM pg_settings WHERE source = 'session'"
#: PgBouncer itself sets them for whichever client comes next.
OF_CLIENTS = {"DateStyle", "TimeZone", "application_name", "client_encoding", "standard_conforming_strings"}

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no pool"),
]


@pytest.fixture
def pooler() -> Iterator[str]:
    """Where PgBouncer listens."""
    if find_pooler() is None:
        assert not os.environ.get("CI"), "no pgbouncer: install Debian's package pgbouncer"
        pytest.skip("no pgbouncer on this machine")
    with running_pooler(SERVERS) as folder:
        yield str(folder)


@pytest.fixture
def _behind(pooler: str, transactional_db: None, settings: Any) -> Iterator[None]:
    """Every connection that this process makes goes through PgBouncer."""
    entry = connection.settings_dict
    kept = dict(entry)
    settings.DATABASE_PGBOUNCER = True
    options = {name: value for name, value in entry["OPTIONS"].items() if name != "host"}
    entry.update(HOST=pooler, DISABLE_SERVER_SIDE_CURSORS=True)
    entry["OPTIONS"] = {**options, "prepare_threshold": None}
    connection.close()
    yield
    connection.close()
    entry.clear()
    entry.update(kept)


def connect(pooler: str, prepare_threshold: int | None = None) -> psycopg.Connection[Any]:
    """Connect as somebody else, to the same database."""
    options: Any = {"autocommit": True, "prepare_threshold": prepare_threshold}
    name = connections["default"].settings_dict["NAME"]
    return psycopg.connect(host=pooler, user="postgres", dbname=name, **options)


def take_server(client: psycopg.Connection[Any]) -> int:
    """Have a client begin a transaction, and so keep a server; return its process."""
    client.execute("BEGIN")
    [pid] = client.execute("SELECT pg_backend_pid()").fetchone() or [0]
    return int(pid)


class Thief:
    """Somebody who takes the server that was used last, and gives back the one taken before."""

    def __init__(self, pooler: str) -> None:
        self.clients = [connect(pooler) for _ in range(SERVERS)]
        self.taken = [take_server(self.clients[0])]

    def swap(self) -> None:
        """Take the only server that is free, and let go of the other."""
        holder, idle = self.clients
        self.taken.append(take_server(idle))
        holder.execute("COMMIT")
        self.clients.reverse()

    def __call__(self, execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        """Swap before each statement that begins a transaction, or is one."""
        raw = context["connection"].connection
        if raw is not None and raw.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
            self.swap()
        return execute(sql, params, many, context)

    def close(self) -> None:
        """Go without a transaction: else PgBouncer would go without its server."""
        self.clients[0].execute("COMMIT")
        for client in self.clients:
            client.close()


def look_at_servers(pooler: str) -> tuple[set[int], list[str], set[str]]:
    """Return all servers, what is prepared on any of them, and what is set there."""
    clients = [connect(pooler) for _ in range(SERVERS)]
    pids = {take_server(client) for client in clients}
    prepared = [row[0] for client in clients for row in client.execute(PREPARED)]
    found = {row[0] for client in clients for row in client.execute(SET_HERE)}
    for client in clients:
        client.close()
    return pids, prepared, found


def test_what_is_kept_in_a_session_is_gone_when_the_server_was_taken(pooler):
    """So the tests below show something: what psycopg prepares by itself fails here."""
    with connect(pooler, prepare_threshold=0) as client:
        client.execute("SELECT 40 + %s", [2])
        thief = Thief(pooler)

        with pytest.raises(psycopg.errors.InvalidSqlStatementName):
            client.execute("SELECT 40 + %s", [2])
        thief.close()

    assert look_at_servers(pooler)[1] != []


@pytest.mark.usefixtures("_behind")
def test_pages_exports_and_writes_miss_no_server_and_leave_nothing_there(pooler):
    thief = Thief(pooler)

    with connection.execute_wrapper(thief):
        ask_for_everything()
    connection.close()
    thief.close()

    pids, prepared, found = look_at_servers(pooler)
    assert len(thief.taken) > 100
    assert set(thief.taken) == pids
    assert len(pids) == SERVERS
    assert prepared == []
    assert found <= OF_CLIENTS


@pytest.mark.usefixtures("_behind")
def test_recorded_matches_are_read_at_once_by_all_and_none_is_recorded_twice(pooler):
    ann, bob = scene.player("ann"), scene.player("bob")
    game, (winner, loser) = scene.game(), (ann.profile.public_id, bob.profile.public_id)
    api = with_key(ann, "read", "matches:write")
    api.key.owner.is_staff = api.key.owner.is_superuser = True
    api.key.owner.save()
    lines = [{"player": winner, "result": "WIN"}, {"player": loser, "result": "LOSS"}]

    def record(number: int) -> Any:
        match = {
            "match_key": f"m{number}",
            "game": game.slug,
            "played_at": "2025-06-01T12:00:00Z",
            "players": lines,
        }

        def send() -> tuple[int, int, int]:
            posted = api.post("/matches", {"matches": [match]}).status_code
            there = visitor().get(f"/matches/{game.slug}/m{number}").status_code
            page = visitor().client.get(f"/players/{winner}/matches/")
            return posted, there, page.content.count(f"/m{number}/".encode())

        return send

    # Three more clients than there are servers, and one match that two of them send.
    answers = call_together([record(number) for number in (1, 2, 3, 4, 4)])

    assert [answer[:2] for answer in answers] == [(200, 200)] * 5
    assert all(answer[2] for answer in answers)
    assert Match.objects.count() == 8
    ann.profile.refresh_from_db()
    assert ann.profile.matches_won == 4


@pytest.mark.usefixtures("_behind")
def test_migrations_are_refused_there():
    with pytest.raises(CommandError, match="give DATABASE_URL of PostgreSQL itself"):
        call_command("migrate", verbosity=0)
