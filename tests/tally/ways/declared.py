"""The list of ways, and what is declared of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.tally.ways.season import Season

SQLITE, POSTGRESQL = "sqlite", "postgresql"
DATABASES = {SQLITE: "SQLite", POSTGRESQL: "PostgreSQL"}


@dataclass(frozen=True)
class Way:
    """One way of writing.

    :param title: what is written and how, as in the first column of the page.
    :param only: the database that alone knows this way; empty for all.
    :param gap: why the maintainer ``signals`` does not see it; empty when it does.
    :param moves: whether any number is another one afterwards.
    """

    write: Callable[[Season], object]
    group: str
    title: str
    only: str
    gap: str
    moves: bool

    @property
    def name(self) -> str:
        return self.write.__name__

    def exists_on(self, database: str) -> bool:
        return self.only in {"", database}


WAYS: list[Way] = []


def way(
    group: str, title: str, *, only: str = "", gap: str = "", moves: bool = True
) -> Callable[[Callable[[Season], object]], Callable[[Season], object]]:
    """Declare the function below to be a way."""

    def declare(write: Callable[[Season], object]) -> Callable[[Season], object]:
        WAYS.append(Way(write, group, title, only, gap, moves))
        return write

    return declare
