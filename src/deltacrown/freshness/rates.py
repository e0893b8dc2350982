"""Rate limits: how many requests a caller may make in a period. They are counted in the cache."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from deltacrown.core.metrics.catalogue import REFUSALS
from deltacrown.freshness import cache_store

#: A number of requests, and the seconds they are for.
WRITTEN = re.compile(r"([0-9]{1,9})/([0-9]{1,10})", re.ASCII)


@dataclass(frozen=True)
class Rate:
    """A number of requests per number of seconds, written ``600/60``."""

    name: str
    limit: int
    seconds: int

    @classmethod
    def read(cls, name: str, text: str) -> Rate:
        """Return the rate.

        :raises ValueError: it is not written so, or allows nothing.
        """
        return _read(name, text)


@lru_cache(maxsize=64)  # every request asks for the same few
def _read(name: str, text: str) -> Rate:
    found = WRITTEN.fullmatch(text)
    if found is None or int(found[1]) < 1 or int(found[2]) < 1:
        raise ValueError(f"{text!r} is not a rate: write requests/seconds, as 600/60.")
    return Rate(name, int(found[1]), int(found[2]))


@dataclass(frozen=True)
class Allowance:
    """What a caller has left, and in how many seconds counting starts anew.

    :param is_counted: whether the cache answered; while it does not, everything is left.
    """

    rate: Rate
    left: int
    reset: int
    is_counted: bool = True

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers of the IETF draft on RateLimit."""
        return {
            "RateLimit-Policy": f'"{self.rate.name}";q={self.rate.limit};w={self.rate.seconds}',
            "RateLimit": f'"{self.rate.name}";r={max(self.left, 0)};t={self.reset}',
        }


def count_one(rate: Rate, kind: str, who: str, *, now: datetime) -> Allowance:
    """Count one request of ``who`` and return what is left; less than nothing when there were too many.

    :param kind: keeps the counts of one purpose apart from those of another.
    """
    window, reset = _get_window(rate, now)
    used = cache_store.count(_name(kind, who, window), seconds=rate.seconds + 1)
    if used is not None and used > rate.limit:
        REFUSALS.add(kind)
    return Allowance(rate, rate.limit - (used or 0), reset, is_counted=used is not None)


def forget(rate: Rate, kind: str, who: str, *, now: datetime) -> None:
    """Set the count of ``who`` to nothing."""
    window, _ = _get_window(rate, now)
    cache_store.write(_name(kind, who, window), 0, seconds=rate.seconds + 1)


def _get_window(rate: Rate, now: datetime) -> tuple[int, int]:
    seconds = int(now.timestamp())
    return seconds // rate.seconds, rate.seconds - seconds % rate.seconds


def _name(kind: str, who: str, window: int) -> str:
    return f"{kind}:{who.replace(' ', '')}:{window}"
