"""Entries for ``CACHES``: Redis, or the memory of each process."""

from __future__ import annotations

from typing import Any

#: Timeout for Redis. After this long it is faster to build a page than to wait for the cached one.
PATIENCE_SECONDS = 0.25


def memory_cache() -> dict[str, Any]:
    """Return the ``CACHES`` entry for an installation without Redis."""
    return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 2_000}}


def redis_cache_at(url: str) -> dict[str, Any]:
    """Return the ``CACHES`` entry for the Redis at ``url``, with short timeouts and no retries."""
    from redis.backoff import NoBackoff  # noqa: PLC0415 - only where there is a Redis
    from redis.retry import Retry  # noqa: PLC0415

    options = {
        "socket_timeout": PATIENCE_SECONDS,
        "socket_connect_timeout": PATIENCE_SECONDS,
        "retry": Retry(NoBackoff(), 0),
    }
    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": url,
        "KEY_PREFIX": "deltacrown",
        "OPTIONS": options,
    }
