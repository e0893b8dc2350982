"""Statements that PostgreSQL keeps ready for a connection: it parses them once, and plans them seldom.

psycopg puts values into the text of a statement. For one of some 10,000 characters that costs more than to
run it, in this process and, as the server plans such a text anew each time, in the server. So what runs often
is prepared (``PREPARE``), and then run by its name (``EXECUTE``), which goes through Django's cursor as any
statement does, with its hooks.

Only outside of transactions: what is ready can be gone (``DISCARD``, a proxy that hands out another server)
or of another shape than the tables (a migration), and within a transaction that error would be the reader's.
Outside of one, the whole statement is run in its place.

Behind PgBouncer (``DATABASE_PGBOUNCER``) nothing is prepared: the next transaction is on another server.

Only where one plan is good for all values. After five runs the server takes one for all (``plan_cache_mode``)
if it seems to cost no more, and it does not know which values are unlike the others: the matches of a player
who has 4,000 of them were once all read and sorted to show the first 20.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import DatabaseError, ProgrammingError

#: What runs this often on a connection is prepared there. A command that asks once prepares nothing.
OFTEN = 3
#: A connection keeps so many ready: each takes memory in the server. The others run as they are.
MOST_READY = 100
#: After so many times that all were gone, a proxy is at work, and to prepare would be in vain.
MOST_LOSSES = 3

#: Classes of SQLSTATE that the whole statement may not meet: of what is ready (26), of shapes that changed
#: (0A, 42), of values that do not fit the type that was found for them (22).
_OF_PREPARED = {"0A", "22", "26", "42"}
_GONE, _THERE_ALREADY = "26000", "42P05"


@dataclass
class _Session:
    """What is known of one connection to the server, whichever thread has it out of the pool.

    :param runs: name of a statement → how often it ran as a whole; not more than ``OFTEN``.
    """

    runs: dict[str, int] = field(default_factory=dict)
    ready: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    losses: int = 0


class ServerPlan:
    """A statement as the server may keep it.

    :param slots: for each value in the statement which of the given ones it is, or a literal in SQL.
    """

    def __init__(self, sql: str, slots: Sequence[int | str]) -> None:
        given = list(dict.fromkeys(slot for slot in slots if isinstance(slot, int)))
        places = [slot if isinstance(slot, str) else f"${given.index(slot) + 1}" for slot in slots]
        text = sql % tuple(places)
        # By its text: another thread, which compiled it too, may have prepared it on this connection.
        self.name = f"deltacrown_{hashlib.sha256(text.encode()).hexdigest()[:24]}"
        self.given = given
        self.prepare = f"PREPARE {self.name} AS {text}"
        self.execute = f"EXECUTE {self.name}"
        if given:
            self.execute += f" ({', '.join(['%s'] * len(given))})"

    def read(self, connection: Any, cursor: Any, values: Sequence[Any]) -> list[tuple[Any, ...]] | None:
        """Return the rows there are with these values; None where the whole statement must be run.

        :param cursor: of the connection, which may go on with it.
        :raises DatabaseError: what the whole statement would raise as well.
        """
        # The cursor saw to it that there is a connection, which knows whether it commits by itself.
        if settings.DATABASE_PGBOUNCER or connection.in_atomic_block or not connection.autocommit:
            return None
        session = _get_session(connection.connection)
        if self.name not in session.ready and not self._make_ready(connection, session):
            return None
        try:
            cursor.execute(self.execute, [values[number] for number in self.given])
            found: list[tuple[Any, ...]] = cursor.fetchall()
        except DatabaseError as error:
            state = _get_state(error)
            if state[:2] not in _OF_PREPARED:
                raise
            self._forget(connection, session, state)
            return None
        return found

    def _make_ready(self, connection: Any, session: _Session) -> bool:
        """Prepare the statement if it ran often; return whether it can be run by its name."""
        if self.name in session.refused or session.losses >= MOST_LOSSES:
            return False
        runs = session.runs[self.name] = session.runs.get(self.name, 0) + 1
        if runs <= OFTEN or len(session.ready) >= MOST_READY:
            return False
        try:
            _run(connection, self.prepare)
        except DatabaseError as error:
            state = _get_state(error)
            if state[:2] not in _OF_PREPARED:
                raise
            if state != _THERE_ALREADY:  # no types can be found for its values, or a table is missing
                session.refused.add(self.name)
                return False
        session.ready.add(self.name)
        return True

    def _forget(self, connection: Any, session: _Session, state: str) -> None:
        if state == _GONE:  # so are the others
            session.ready.clear()
            session.runs.clear()
            session.losses += 1
        elif state[:2] != "22":
            session.ready.discard(self.name)
            session.runs.pop(self.name, None)
            with suppress(ProgrammingError):  # behind a proxy, this may be a server that never had it
                _run(connection, f"DEALLOCATE {self.name}")


def _get_session(raw: Any) -> _Session:
    kept = vars(raw)
    session: _Session | None = kept.get("_deltacrown_session")
    if session is None:
        session = kept["_deltacrown_session"] = _Session()
    return session


def _run(connection: Any, statement: str) -> None:
    """Run what changes nothing but the session, past the hooks that count and log what is asked."""
    with connection.wrap_database_errors:
        connection.connection.execute(statement)


def _get_state(error: DatabaseError) -> str:
    return getattr(error.__cause__, "sqlstate", None) or ""
