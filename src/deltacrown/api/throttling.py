"""Rate limits: how many requests a key, a person or an address may make in a period.

Requests are counted in the cache. While the cache does not answer, there is no limit.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from deltacrown.api.problems import THROTTLED, Refused
from deltacrown.core.clock import now

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rate:
    """A number of requests per number of seconds, written ``600/60``."""

    name: str
    limit: int
    seconds: int

    @classmethod
    def read(cls, name: str, text: str) -> Rate:
        limit, _, seconds = text.partition("/")
        return cls(name, int(limit), int(seconds or 60))


@dataclass(frozen=True)
class Allowance:
    """What a caller has left, and in how many seconds counting starts anew."""

    rate: Rate
    left: int
    reset: int

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers of the IETF draft on RateLimit."""
        return {
            "RateLimit-Policy": f'"{self.rate.name}";q={self.rate.limit};w={self.rate.seconds}',
            "RateLimit": f'"{self.rate.name}";r={max(self.left, 0)};t={self.reset}',
        }


def count_request(request: HttpRequest, key: int | None, user: int | None) -> None:
    """Count one request for its key, else its person, else its address.

    :raises Refused: there were too many; ``Retry-After`` has the seconds to wait.
    """
    if key is not None or user is not None:
        rate, who = (
            Rate.read("key", settings.API_RATE_PER_KEY),
            f"key:{key}" if key is not None else f"user:{user}",
        )
    else:
        rate, who = Rate.read("address", settings.API_RATE_PER_ADDRESS), f"address:{address_of(request)}"
    allowance = _count(rate, who)
    request.api_allowance = allowance  # type: ignore[attr-defined]
    if allowance.left < 0:
        detail = (
            f"{rate.limit} requests in {rate.seconds} seconds are allowed; try again in {allowance.reset}."
        )
        raise Refused(THROTTLED, detail, headers={"Retry-After": str(allowance.reset)})


def address_of(request: HttpRequest) -> str:
    """Return the caller's address: behind ``API_TRUSTED_PROXIES`` proxies, the one that the outermost saw."""
    hops: int = settings.API_TRUSTED_PROXIES
    forwarded = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    if hops and forwarded:
        return forwarded[-min(hops, len(forwarded))][:64]
    return str(request.META.get("REMOTE_ADDR", ""))


def _count(rate: Rate, who: str) -> Allowance:
    seconds = int(now().timestamp())
    window, reset = seconds // rate.seconds, rate.seconds - seconds % rate.seconds
    name = f"api-rate:{who.replace(' ', '')}:{window}"
    try:
        cache.add(name, 0, timeout=rate.seconds + 1)
        used = cache.incr(name)
    except Exception:
        logger.warning("the cache does not answer; requests are not counted", exc_info=True)
        used = 0
    return Allowance(rate, rate.limit - used, reset)
