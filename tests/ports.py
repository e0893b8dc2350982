"""Ports for servers that are told theirs before they start, as most of production's are.

A port that the system gave and took back is soon somebody else's: any connection that a test makes may have
it while the server starts. So these are of those that the system gives to nobody by itself, and each is of
one of the processes that run tests at the same time.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import socket
import tempfile
from contextlib import ExitStack
from pathlib import Path

#: Below what Linux, and any other system, gives to who names none.
LOWEST, HIGHEST = 12_000, 32_000
_GIVEN_BY_SYSTEM = Path("/proc/sys/net/ipv4/ip_local_port_range")
_taken: set[int] = set()
#: The locks of what this process has taken: they are let go when it ends, and not before.
_locks = ExitStack()
atexit.register(_locks.close)


def take_port() -> int:
    """Return a port of the loopback that nobody has, and that no other test takes before this process ends.

    Raises ``RuntimeError`` when there is none.
    """
    folder = Path(tempfile.gettempdir()) / f"deltacrown-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    for port in range(LOWEST, _find_end()):
        if port not in _taken and _take(folder / str(port), port):
            return port
    raise RuntimeError("no port is free")


def _find_end() -> int:
    try:
        lowest_given = int(_GIVEN_BY_SYSTEM.read_text().split()[0])
    except OSError:  # not Linux
        return HIGHEST
    # Where it gives all of these by itself, one of them is better than none.
    return min(HIGHEST, lowest_given) if lowest_given > LOWEST else HIGHEST


def _take(path: Path, port: int) -> bool:
    lock = path.open("wb")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with socket.socket() as tried:
            tried.bind(("127.0.0.1", port))
    except OSError:
        lock.close()
        return False
    _locks.enter_context(lock)
    _taken.add(port)
    return True
