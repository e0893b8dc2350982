"""Answers that this process has at hand, ready to be sent, as long as nothing at all was committed since.

What ``bodies`` keeps is found by a token, and is sent if what it was made of is read again and is the same.
While nobody writes, one short read (``stamps``) tells as much of every answer at once, and the answer need
not be fetched and unpacked either.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from deltacrown.freshness.bodies import Body, Parts
from deltacrown.freshness.stamps import Stamp

#: How many bytes of answers one process has at hand.
MOST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class _Held:
    stamp: Stamp
    body: Body
    size: int


class AtHand:
    """The answers of one process that were asked for last.

    :param most: how many bytes of them.
    """

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most, self._size, self._lock = most, 0, Lock()
        self._held: OrderedDict[Hashable, _Held] = OrderedDict()

    def find(self, name: Hashable, stamp: Stamp | None, now: datetime) -> Parts | None:
        """Return the answer to what was asked, if it was right under this very stamp; else None."""
        if stamp is None:
            return None
        with self._lock:
            held = self._held.get(name)
            if held is None or held.stamp != stamp or held.body.until <= now:
                return None
            self._held.move_to_end(name)
            return held.body.parts

    def hold(self, name: Hashable, stamp: Stamp | None, body: Body) -> None:
        """Have an answer at hand.

        :param name: all that was asked, and all of the reader and the settings that the answer depends on.
        :param stamp: read before anything that the answer was made of, or found right by.
        """
        if stamp is None:
            return
        held = _Held(stamp, body, sum(map(len, body.parts)))
        with self._lock:
            before = self._held.pop(name, None)
            self._size += held.size - (before.size if before else 0)
            self._held[name] = held
            while self._size > self._most:
                _, oldest = self._held.popitem(last=False)
                self._size -= oldest.size

    def clear(self) -> None:
        """Have nothing at hand."""
        with self._lock:
            self._held.clear()
            self._size = 0
