"""A server that follows the primary: when a request may read from it, and how all of it does.

Whoever visits the replica has its connection in the place of the default one until they leave. So a request
reads from one place, whether it asks by a queryset, a statement that is compiled once, or a cursor; nobody
has to name a database. What is compiled is kept with each connection.

Two things are known before a visit, as positions in the primary's log (LSN), which only grow:

- the floor, what the replica must have replayed for this reader: ``freshness.floors``;
- how old the replica can be: it has what the primary had at most ``REPLICA_MAX_LAG_SECONDS`` ago. The time of
  the last transaction it replayed would not tell: that is old on a quiet site, and on one that is cut off.

What fails there is asked of the primary: a visit notes that it failed, and whoever made it begins anew.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, InterfaceError, InternalError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

logger = logging.getLogger(__name__)

ALIAS = "replica"
#: After a failure the replica is left alone so long.
REST_SECONDS = 5.0
#: How often a process asks the primary for its position.
SAMPLE_SECONDS = 1.0
#: Of these errors the statement is to blame, or its limit: the primary would say the same.
_TOO_SLOW = "57014"

#: A position as a number. That of an insertion is never before the end of a transaction that was committed.
_PRIMARY = "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint"
#: A server that was made a primary follows nobody: what it has is another history.
_REPLICA = "SELECT CASE WHEN pg_is_in_recovery() THEN (pg_last_wal_replay_lsn() - '0/0')::bigint END"


class Unusable(Exception):
    """Nobody may read from the replica now."""


class _State:
    """What this process knows of the replica.

    :param samples: when the primary was asked, and what its position was; the oldest first.
    """

    lock = threading.Lock()
    samples: deque[tuple[float, int]] = deque(maxlen=4_000)
    asked_at = float("-inf")
    resting_until = 0.0
    #: Of each thread: whether it reads from the replica now.
    visits = threading.local()


def is_configured() -> bool:
    """Return whether there is a replica."""
    return ALIAS in connections.settings


def is_visiting() -> bool:
    """Return whether what this thread asks now is asked of the replica."""
    return getattr(_State.visits, "visit", None) is not None


def read_position() -> int:
    """Return the position of the primary; what was committed before this call is before it."""
    return int(_ask(connections[DEFAULT_DB_ALIAS], _PRIMARY))


def forget() -> None:
    """Forget what is known of the replica and the primary."""
    with _State.lock:
        _State.samples.clear()
        _State.asked_at, _State.resting_until = float("-inf"), 0.0


class Visit:
    """A reader of the replica.

    :param floor: the position that the reader must see.
    """

    def __init__(self, floor: int) -> None:
        self.floor = floor
        self.has_failed = False
        self._replica: Any = connections[ALIAS]

    def begin(self) -> None:
        """Check that the replica may be read by this reader.

        :raises Unusable: it is away, behind, or follows nobody.
        """
        if time.monotonic() < _State.resting_until or connections[DEFAULT_DB_ALIAS].in_atomic_block:
            raise Unusable
        _sample_primary()
        try:
            position = _ask(self._replica, _REPLICA)
        except Error as error:
            self._rest(error)
            raise Unusable from error
        if position is None or position < self.floor or not _is_recent(position):
            raise Unusable

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Have everything that this thread asks asked of the replica."""
        before = connections[DEFAULT_DB_ALIAS]
        connections[DEFAULT_DB_ALIAS] = self._replica
        _State.visits.visit = self
        try:
            with self._replica.execute_wrapper(self._run):
                yield
        finally:
            _State.visits.visit = None
            connections[DEFAULT_DB_ALIAS] = before

    def _run(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        try:
            return execute(sql, params, many, context)
        except (OperationalError, InternalError, InterfaceError) as error:
            # InternalError: something would be written. OperationalError: it is away, or what is read was
            # vacuumed away on the primary.
            state = getattr(error.__cause__, "sqlstate", None)
            if state != _TOO_SLOW:
                self.has_failed = True
                if state is None or state.startswith(("08", "57")):
                    self._rest(error)
            raise

    def _rest(self, error: Exception) -> None:
        """Leave the replica alone for a while; another connection is made then."""
        if time.monotonic() >= _State.resting_until:
            logger.warning(
                "the replica does not answer, reading from the primary for %g s: %s", REST_SECONDS, error
            )
        _State.resting_until = time.monotonic() + REST_SECONDS
        self._replica.close_if_unusable_or_obsolete()


def _ask(connection: BaseDatabaseWrapper, statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        [[said]] = cursor.fetchall()
    return said


def _sample_primary() -> None:
    """Ask the primary for its position, if it was not asked a moment ago."""
    now = time.monotonic()
    with _State.lock:
        if now - _State.asked_at < SAMPLE_SECONDS:
            return
        _State.asked_at = now
    position = read_position()
    with _State.lock:
        _State.samples.append((now, position))


def _is_recent(position: int) -> bool:
    """Return whether a position is one that the primary had, or passed, not long ago."""
    oldest = time.monotonic() - settings.REPLICA_MAX_LAG_SECONDS
    with _State.lock:
        return any(asked_at >= oldest and there <= position for asked_at, there in _State.samples)
