"""The cache, which a request may use but must not need: when it fails, the request is served without it.

All use of the cache goes through here, so that one failure spares every request the wait for the next.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection
from typing import Any

from django.core.cache import cache

logger = logging.getLogger(__name__)

#: After a failure the cache is left alone so long, or every request would wait for it.
REST_SECONDS = 5.0

_PROBE = "deltacrown/probe"


class _Health:
    """What this process knows of whether the cache answers."""

    resting_until = 0.0
    raising = threading.Lock()


def read(key: str) -> Any:
    """Return what is kept under ``key``; ``None`` when nothing is, or the cache does not answer."""
    if _is_resting():
        return None
    try:
        found = cache.get(key)
    except Exception as error:  # noqa: BLE001 - what another release left there may fail in any way
        _note_failure(error)
        return None
    _note_success()
    return found


def read_many(keys: Collection[str]) -> dict[str, Any] | None:
    """Return what is kept under each of ``keys``, if something is; None where the cache does not answer."""
    if _is_resting():
        return None
    try:
        found = cache.get_many(keys)
    except Exception as error:  # noqa: BLE001 - as in read
        _note_failure(error)
        return None
    _note_success()
    return found


def write(key: str, value: Any, *, seconds: int) -> None:
    """Store ``value`` under ``key`` for so many seconds, if the cache takes it."""
    if _is_resting():
        return
    try:
        cache.set(key, value, timeout=seconds)
    except Exception as error:  # noqa: BLE001 - the page is made; nothing that happens here may take it back
        _note_failure(error)


def forget(prefix: str) -> None:
    """Delete everything whose key begins with ``prefix``, of the memory cache that of this process."""
    if _is_resting():
        return
    try:
        _delete_keys(cache.make_key(prefix))
    except Exception as error:  # noqa: BLE001 - as in read
        _note_failure(error)


def _delete_keys(beginning: str) -> None:
    backend: Any = cache
    if hasattr(cache, "_expire_info"):  # in the memory of this process
        for key in [key for key in backend._expire_info if key.startswith(beginning)]:
            cache.delete(key.split(":", 2)[2])
        return

    client = backend._cache.get_client(None, write=True)
    for key in client.scan_iter(match=f"{beginning}*", count=1_000):
        client.unlink(key)


def count(key: str, *, seconds: int) -> int | None:
    """Add one to the number under ``key``, which is forgotten after so many seconds, and return it.

    :return: ``None`` when the cache does not answer.
    """
    if _is_resting():
        return None
    try:
        number = _add_one(key, seconds)
    except Exception as error:  # noqa: BLE001 - as in read
        _note_failure(error)
        return None
    _note_success()
    return number


def _add_one(key: str, seconds: int) -> int:
    """Add one to a number that is there, as most are; else begin with it."""
    for _ in range(2):
        try:
            counted: int = cache.incr(key)
        except ValueError:  # there is none
            if cache.add(key, 1, timeout=seconds):
                return 1
        else:
            return counted
    return 1  # another began it, and it was thrown out for want of room, both in between


def raise_to(key: str, number: int, *, seconds: int | None = None) -> bool:
    """Store a number under ``key`` unless a higher one is there, at one stroke.

    :param number: below 2 to the power of 53.
    :param seconds: after how long it is forgotten; None for never.
    :return: whether the cache took it.
    """
    if _is_resting():
        return False
    try:
        _raise(key, number, seconds)
    except Exception as error:  # noqa: BLE001 - as in write
        _note_failure(error)
        return False
    return True


#: As two writers could each read the lower number.
_RAISE = """
local was = tonumber(redis.call('GET', KEYS[1]) or '-1')
if tonumber(ARGV[1]) > was then redis.call('SET', KEYS[1], ARGV[1]) end
if ARGV[2] ~= '' then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
"""


def _raise(key: str, number: int, seconds: int | None) -> None:
    backend: Any = cache
    if hasattr(cache, "_expire_info"):  # in the memory of this process
        with _Health.raising:
            cache.set(key, max(number, cache.get(key, -1)), timeout=seconds)
        return
    name = cache.make_and_validate_key(key)
    client = backend._cache.get_client(name, write=True)
    client.eval(_RAISE, 1, name, number, "" if seconds is None else seconds)


def is_answering() -> bool:
    """Check now whether the cache answers."""
    try:
        cache.set(_PROBE, 1, timeout=10)
        answers = bool(cache.get(_PROBE) == 1)
    except Exception as error:  # noqa: BLE001
        _note_failure(error)
        return False
    _note_success()
    return answers


def _is_resting() -> bool:
    return time.monotonic() < _Health.resting_until


def _note_failure(error: Exception) -> None:
    _Health.resting_until = time.monotonic() + REST_SECONDS
    kind = type(error).__name__
    message = "the cache does not answer, serving from the database for %g s: %s: %s"
    logger.warning(message, REST_SECONDS, kind, error)


def _note_success() -> None:
    if _Health.resting_until:
        _Health.resting_until = 0.0
        logger.warning("the cache answers again")
