"""The pools of connections of this process, as they are in metrics."""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Iterator
from typing import Any

from django.db import connections

from deltacrown.core.metrics.catalogue import POOL_CONNECTIONS, POOL_TIMEOUTS, POOL_WAITING
from deltacrown.core.metrics.families import hand_on_counts

#: How often a server tells of its pools, for another process may be asked for them.
PERIOD_SECONDS = 5.0


class _Told:
    """How many timeouts were told already: a pool counts from its beginning."""

    lock = threading.Lock()
    timeouts = 0


def publish_pools() -> None:
    """Tell how many connections the pools of this process have, and how many requests wait for one."""
    pools = [pool.get_stats() for pool in _list_pools()]
    if not pools:
        return
    size, free, waiting, timeouts = (
        sum(stats.get(name, 0) for stats in pools)
        for name in ("pool_size", "pool_available", "requests_waiting", "requests_errors")
    )
    POOL_CONNECTIONS.set("used", to=max(size - free, 0))
    POOL_CONNECTIONS.set("free", to=free)
    POOL_WAITING.set(to=waiting)
    with _Told.lock:
        newly, _Told.timeouts = timeouts - _Told.timeouts, timeouts
    POOL_TIMEOUTS.add(amount=max(newly, 0))


def _list_pools() -> Iterator[Any]:
    """List the pools there are; asking Django for one would open it."""
    for alias in connections:
        connection: Any = connections[alias]
        pool = getattr(type(connection), "_connection_pools", {}).get(alias)
        if pool is not None:
            yield pool


def keep_publishing() -> None:
    """Tell of the pools, and of what was counted, every five seconds, in a thread of its own.

    What was counted since is lost if the process is killed.
    """

    def publish() -> None:
        while True:
            time.sleep(PERIOD_SECONDS)
            publish_pools()
            hand_on_counts()

    atexit.register(hand_on_counts)
    threading.Thread(target=publish, name="pools in metrics", daemon=True).start()
