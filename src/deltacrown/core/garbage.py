"""How often Python looks for garbage: objects that hold each other and are held by nobody else.

What is referred to no more is freed at once as ever.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

#: New objects after which a command looks. By Python's default it is every 700, which takes a sixth of the
#: start of a command, and as much of ``migrate``, which makes all models anew for most steps.
SELDOM = 10_000
#: The same while many rows are made that live a short time, and how often the older ones are looked at. The
#: default would take a fifth of an import.
RARELY = (100_000, 20, 20)


def look_seldom() -> None:
    """Collect garbage as seldom, from now on, as a process with hundreds of models wants it."""
    if gc.isenabled():
        gc.set_threshold(SELDOM)


def leave_loaded_alone() -> None:
    """Never again look for garbage among all that is there now.

    For a process that has loaded what it works with: modules, models, the addresses of pages. That is 200,000
    objects, among which there is no garbage, and to look through them takes 0.1 s: while an answer is made,
    several times in a large export. They also stay where they are in memory that processes share.
    """
    gc.freeze()


@contextmanager
def collected_rarely() -> Iterator[None]:
    """Collect garbage rarely within the block."""
    usual = gc.get_threshold()
    gc.set_threshold(*RARELY)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
