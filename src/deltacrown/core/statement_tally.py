"""How many statements a request asked the database, and how long it waited for the answers."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar, Token
from time import perf_counter
from typing import Any


class Tally:
    """What is asked within a block of ``with``; times in seconds.

    Each request has one: as a generator it took ten times as long.
    """

    __slots__ = ("_before", "seconds", "statements")
    _before: Token[Tally | None]

    def __init__(self) -> None:
        self.statements, self.seconds = 0, 0.0

    def __enter__(self) -> Tally:
        self._before = _current.set(self)
        return self

    def __exit__(self, *_raised: object) -> None:
        _current.reset(self._before)


_current: ContextVar[Tally | None] = ContextVar("statement_tally", default=None)


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
