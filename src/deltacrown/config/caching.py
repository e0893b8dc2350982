"""Where pages are kept: in Redis, or in the memory of each process."""

from __future__ import annotations

from typing import Any

#: A page is quicker made anew than waited for.
PATIENCE_SECONDS = 0.25


def memory_cache() -> dict[str, Any]:
    """The entry of ``CACHES`` for the embedded default."""
    return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 2_000}}


def redis_cache_at(url: str) -> dict[str, Any]:
    """The entry of ``CACHES`` for the Redis at ``url``: no second attempt, and none that lasts."""
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
