"""Collecting garbage rarely, while many rows are made that live a short time."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

#: New objects after which garbage is collected, and how often the older ones are looked at. By default it is
#: every 700, which takes a fifth of an import.
RARELY = (100_000, 20, 20)


@contextmanager
def collected_rarely() -> Iterator[None]:
    """Collect garbage rarely within the block; what is referred to no more is freed at once as ever."""
    usual = gc.get_threshold()
    gc.set_threshold(*RARELY)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
