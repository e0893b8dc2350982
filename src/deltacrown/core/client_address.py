"""The address a request comes from, as far as it can be believed."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest

LONGEST = 64
#: Whoever has an IPv6 address has at least this network of them.
IPV6_PREFIX = 64


def get_client_address(request: HttpRequest) -> str:
    """Return the caller's address: behind ``API_TRUSTED_PROXIES`` proxies, the one that the outermost saw.

    An IPv6 address is given as its network: the caller has all others of it too.
    """
    hops: int = settings.API_TRUSTED_PROXIES
    if hops:
        told = str(request.META.get("HTTP_X_FORWARDED_FOR", ""))
        forwarded = [hop.strip() for hop in told.split(",") if hop.strip()]
        if forwarded:
            return _as_network(forwarded[-min(hops, len(forwarded))])
    return _as_network(str(request.META.get("REMOTE_ADDR", "")))


@lru_cache(maxsize=1024)
def _as_network(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:LONGEST]
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((int(parsed), IPV6_PREFIX), strict=False))
