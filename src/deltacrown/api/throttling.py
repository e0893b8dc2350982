"""The rate limits of the API: of a key, of a person, and of an address without either.

While the cache, in which requests are counted, does not answer, there is no limit.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from deltacrown.api.problems import THROTTLED, Refused
from deltacrown.core.client_address import get_client_address
from deltacrown.core.clock import now
from deltacrown.freshness.rates import Rate, count_one


def count_request(request: HttpRequest, key: int | None, user: int | None) -> None:
    """Count one request for its key, else its person, else its address.

    :raises Refused: there were too many; ``Retry-After`` has the seconds to wait.
    """
    if key is not None or user is not None:
        rate = Rate.read("key", settings.API_RATE_PER_KEY)
        who = f"key:{key}" if key is not None else f"user:{user}"
    else:
        rate = Rate.read("address", settings.API_RATE_PER_ADDRESS)
        who = f"address:{get_client_address(request)}"

    allowance = count_one(rate, "api-rate", who, now=now())
    request.api_allowance = allowance  # type: ignore[attr-defined]
    if allowance.left < 0:
        detail = (
            f"{rate.limit} requests in {rate.seconds} seconds are allowed; try again in {allowance.reset}."
        )
        raise Refused(THROTTLED, detail, headers={"Retry-After": str(allowance.reset)})
