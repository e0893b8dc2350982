"""Do once for many facts what would otherwise be done for each of them.

A service that writes many facts announces each. Whoever reacts hands its work to ``do_gathered``: outside of
a ``gathered`` block the work is done at once, inside it is done at the end of the block, once for everything.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

Item = TypeVar("Item", bound=Hashable)
#: What is to be done with which items, both in the order they came.
Gathered = dict[Callable[[list[Any]], object], dict[Any, None]]

_gathered: ContextVar[Gathered | None] = ContextVar("gathered", default=None)


@contextmanager
def gathered() -> Iterator[None]:
    """Gather the work of the block, and do it at the end; inside another block, leave it to that one.

    What that work asks for in turn is gathered too, and done after it. Work of a block that fails is dropped:
    what it would follow from is rolled back.
    """
    outer = _gathered.get()
    mine: Gathered = {}
    token = _gathered.set(mine)
    try:
        yield
        while mine and outer is None:
            work = next(iter(mine))
            work(list(mine.pop(work)))
    finally:
        _gathered.reset(token)

    for work, items in mine.items():
        do_gathered(work, items)


def do_gathered(work: Callable[[list[Item]], object], items: Iterable[Item]) -> None:
    """Call ``work`` with ``items``: now, or at the end of the block with those of the whole block.

    :param work: the same object for the same work.
    :param items: each is handed over once, however often it is given.
    """
    mine = _gathered.get()
    if mine is None:
        work(list(dict.fromkeys(items)))
    else:
        mine.setdefault(work, {}).update(dict.fromkeys(items))
