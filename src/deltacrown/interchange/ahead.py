"""Read the next batch of a file while the last one is recorded: who waits for a database can read."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, cast

from django.utils.translation import get_language, override

T = TypeVar("T")


def read_ahead(items: Iterator[T]) -> Iterator[T]:
    """Yield items in order; each is made in a thread while the one before it is used.

    The thread has the language of who asks. It must ask no database: nobody would close its connection.
    What it raises is raised here, after the items before. It never is more than one item ahead, and ends
    with this.

    :param items: used by that thread alone from now on.
    """
    end = object()
    language = get_language()

    def read() -> T | object:
        with override(language):
            return next(items, end)

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="read-ahead") as pool:
        upcoming = pool.submit(read)
        while (item := upcoming.result()) is not end:
            upcoming = pool.submit(read)
            yield cast("T", item)
