"""What a request is known by without telling who asks: its id, and the name of its route.

The id stands in every record of it, in its answer, and on a page that says what broke.
"""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from structlog.contextvars import bind_contextvars, get_contextvars, reset_contextvars

HEADER = "X-Request-ID"
#: Digits and hyphens only, as proxies draw them: nobody's name can be written so.
WELL_FORMED = re.compile(r"[0-9a-f]{8}[0-9a-f-]{4,56}", re.ASCII | re.IGNORECASE)


UNROUTED = "unrouted"
_ROUTE, _ID = "named_route", "request_id"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _find_variable() -> ContextVar[Any]:
    """Return that in which structlog has the id of a request: to find it by name is most of the work."""
    bound = bind_contextvars(request_id="")
    reset_contextvars(**bound)
    return bound["request_id"].var


#: The id of the request that is answered here and now, in all its records.
REQUEST_ID = _find_variable()


def is_of_api(request: HttpRequest) -> bool:
    """Return whether a request is one of the API, which makes a problem document of every refusal."""
    return request.path_info.startswith("/api/")


def choose_request_id(request: HttpRequest) -> str:
    """Return the id that a trusted proxy gave the request (``API_TRUSTED_PROXIES``), else one drawn now.

    The request bears it from then on.
    """
    chosen = _find_given(request) or secrets.token_hex(16)
    setattr(request, _ID, chosen)
    return chosen


def _find_given(request: HttpRequest) -> str:
    if settings.API_TRUSTED_PROXIES:
        given = str(request.META.get("HTTP_X_REQUEST_ID", ""))
        if WELL_FORMED.fullmatch(given):
            return given.lower()
    return ""


def read_request_id(request: object) -> str:
    """Return the id that a request bears: Django's last record of it is written when all else is done."""
    return str(getattr(request, _ID, ""))


def get_request_id() -> str:
    """Return the id of the request that is answered here and now; empty outside of requests."""
    return str(get_contextvars().get("request_id", ""))


def name_route(request: HttpRequest) -> str:
    """Return the name of the route that answers a request, never its address.

    ``unrouted`` where it was answered before it was routed, or leads nowhere.
    """
    match = request.resolver_match
    if match is None:
        return getattr(request, _ROUTE, UNROUTED)
    return match.view_name or match.route or UNROUTED


def set_route(request: HttpRequest, name: str) -> None:
    """Name the route of a request that is answered before it is routed."""
    setattr(request, _ROUTE, name)


def name_method(request: HttpRequest) -> str:
    """Return the method of a request; ``OTHER`` for what somebody made up."""
    method = request.method or ""
    return method if method in _METHODS else "OTHER"
