"""What every request counts, added up together: in each of four families it would take five times as long.

It is handed on to them when what other code counted is handed on.
"""

from __future__ import annotations

from bisect import bisect_left
from threading import Lock

from deltacrown.core.metrics.catalogue import (
    REQUEST_SECONDS,
    REQUESTS,
    SECONDS,
    STATEMENT_SECONDS,
    STATEMENTS,
)
from deltacrown.core.metrics.families import register_source

_COUNT, _SECONDS, _STATEMENTS, _WAITED = range(4)
_FIGURES = 4


class _Pending:
    """What was noted since it was handed on last."""

    lock = Lock()
    #: By route, method and status: the figures, then how many requests took how long, by ranges.
    rows: dict[tuple[str, str, int], list[float]] = {}


def note_request(
    route: str, method: str, status: int, *, seconds: float, statements: int, waited: float
) -> None:
    """Count a request.

    :param seconds: how long it took.
    :param statements: how many it asked the database.
    :param waited: for how many seconds it waited for their answers.
    """
    key, place = (route, method, status), _FIGURES + bisect_left(SECONDS, seconds)
    with _Pending.lock:
        row = _Pending.rows.get(key)
        if row is None:
            row = _Pending.rows[key] = [0] * (_FIGURES + len(SECONDS) + 1)
        row[_COUNT] += 1
        row[_SECONDS] += seconds
        row[_STATEMENTS] += statements
        row[_WAITED] += waited
        row[place] += 1


def _take() -> dict[tuple[str, str, int], list[float]]:
    with _Pending.lock:
        taken, _Pending.rows = _Pending.rows, {}
    return taken


def _hand_on() -> None:
    for (route, method, status), row in _take().items():
        REQUESTS.add(route, method, str(status), amount=row[_COUNT])
        REQUEST_SECONDS.note_all(route, seconds=row[_SECONDS], counts=row[_FIGURES:])
        if row[_STATEMENTS]:
            STATEMENTS.add(route, amount=row[_STATEMENTS])
            STATEMENT_SECONDS.add(route, amount=row[_WAITED])


register_source(_hand_on, forget=_take)
