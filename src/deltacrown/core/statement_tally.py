"""How many statements a request asked the database, and how long it waited for the answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter
from typing import Any


class Tally:
    """What was asked within a block; times in seconds."""

    __slots__ = ("seconds", "statements")

    def __init__(self) -> None:
        self.statements, self.seconds = 0, 0.0


_current: ContextVar[Tally | None] = ContextVar("statement_tally", default=None)


@contextmanager
def tallying() -> Iterator[Tally]:
    """Count the statements of a block."""
    tally = Tally()
    token = _current.set(tally)
    try:
        yield tally
    finally:
        _current.reset(token)


def tally_statement(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
    """Run a statement, and count it for the request it is of: a wrapper as Django's cursors take them."""
    tally = _current.get()
    if tally is None:
        return execute(sql, params, many, context)
    began = perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        tally.statements += 1
        tally.seconds += perf_counter() - began


def watch_connection(connection: Any, **_: Any) -> None:
    """Have the statements of a connection counted; as often as it connects.

    First in the list: who adds a wrapper for a block takes the last one away at its end.
    """
    if tally_statement not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, tally_statement)
