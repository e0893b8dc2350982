"""Statements that are sent together: PostgreSQL is asked and answers once, in place of several times.

It runs the statements of one text one after another, as if each were sent by itself: one sees what the last
has done, and each what others committed before it began, so also what was committed while the last waited for
a lock. Where one fails, none after it is run, and its error is raised.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

#: A statement with its parameters.
Statement = tuple[str, Sequence[Any]]


def send_together(cursor: Any, statements: Sequence[Statement]) -> None:
    """Run statements on a cursor of PostgreSQL; the rows of the last are there to be fetched.

    Hooks of statements see one text, which begins with the first.
    """
    texts, parameters = zip(*statements, strict=True)
    cursor.execute("; ".join(texts), [each for given in parameters for each in given])
    for _ in statements[1:]:
        cursor.nextset()
