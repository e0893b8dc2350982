"""Note of every statement that the site sends where its rows would be."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from tests.distribution.plans import Instead, Where, read_plan

_PLANNED = re.compile(r"\s*\(*\s*(SELECT|INSERT|UPDATE|DELETE|WITH|MERGE)\b", re.IGNORECASE)


@dataclass
class Noted:
    """The statements of one address, job or other occasion.

    :ivar counts: how many of each kind.
    :ivar instead: of those that go to all machines: what is known at best of the table of which least is.
    :ivar shapes: the tables without a key of these, and how often.
    """

    counts: Counter[Where] = field(default_factory=Counter)
    instead: Counter[Instead] = field(default_factory=Counter)
    shapes: Counter[tuple[str, ...]] = field(default_factory=Counter)
    texts: dict[tuple[str, ...], str] = field(default_factory=dict)

    @property
    def sent(self) -> int:
        return sum(self.counts.values())


@contextmanager
def noting() -> Iterator[Noted]:
    """Plan each statement before it is sent, on the same connection, and note what the plan says."""
    noted, is_planning = Noted(), False

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal is_planning
        if not is_planning and _PLANNED.match(sql):
            is_planning = True
            try:
                for text, given in _take_apart(sql, next(iter(params), None) if many else params):
                    _note(noted, text, given)
            finally:
                is_planning = False
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield noted


def _take_apart(sql: str, params: Any) -> Iterator[tuple[str, Any]]:
    """Yield the statements of a text, as ``core.together`` puts them together, each with its parameters."""
    texts = sql.split("; ")
    if len(texts) == 1:
        yield sql, params
        return
    rest = [*params]
    for text in texts:
        number = text.count("%s")
        yield text, rest[:number]
        rest = rest[number:]


def _note(noted: Noted, sql: str, params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (VERBOSE, COSTS OFF, FORMAT JSON) {sql}", params)
        [[plans]] = cursor.fetchall()
    reading = read_plan(plans[0]["Plan"])
    noted.counts[reading.where] += 1
    if reading.where is Where.ALL:
        noted.instead[max(reading.instead, key=list(Instead).index)] += 1
        shape = tuple(sorted(reading.unkeyed))
        noted.shapes[shape] += 1
        noted.texts.setdefault(shape, sql)
