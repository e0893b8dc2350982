"""The outermost middleware: what is known of every request, without telling who asked for what.

Each has an id, which is in all its records and in its answer, is counted, and has one record of access.
Whoever has the token of this site reads the metrics here, before what needs a database, a host or a session.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Iterable, Iterator
from contextvars import Context, copy_context
from time import perf_counter
from typing import Any

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from deltacrown.core import clock
from deltacrown.core.metrics.exposition import CONTENT_TYPE, write_exposition
from deltacrown.core.metrics.requests import note_request
from deltacrown.core.pools import publish_pools
from deltacrown.core.request_facts import (
    HEADER,
    REQUEST_ID,
    choose_request_id,
    name_method,
    name_route,
    set_route,
)
from deltacrown.core.statement_tally import Tally

METRICS_PATH = "/metrics"

access_log = logging.getLogger("deltacrown.access")


class WatchedRequests:
    """Names, counts and records every request. It must be the first middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = perf_counter()
        request_id = choose_request_id(request)
        bound = REQUEST_ID.set(request_id)
        try:
            with Tally() as tally:
                response = self._answer(request)
            _note(request, response, tally, perf_counter() - began)
            if response.streaming and not isinstance(response, FileResponse):
                _keep_context(response)
        finally:
            REQUEST_ID.reset(bound)
        response.headers[HEADER] = request_id
        return response

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info == METRICS_PATH and may_read_metrics(request):
            set_route(request, "metrics")
            return show_metrics()
        return self.get_response(request)


def may_read_metrics(request: HttpRequest) -> bool:
    """Return whether a request has the token; without a token of the site nobody has.

    To whoever has not, there is nothing at that address.
    """
    token: str = settings.METRICS_TOKEN
    given = str(request.META.get("HTTP_AUTHORIZATION", ""))
    return bool(token) and hmac.compare_digest(given.encode(), f"Bearer {token}".encode())


def show_metrics() -> HttpResponse:
    """Return all metrics, of all processes."""
    publish_pools()
    headers = {"Cache-Control": "no-store"}
    return HttpResponse(write_exposition(now=clock.now()), content_type=CONTENT_TYPE, headers=headers)


def _note(request: HttpRequest, response: HttpResponseBase, tally: Tally, seconds: float) -> None:
    route, method = name_route(request), name_method(request)
    note_request(
        route,
        method,
        response.status_code,
        seconds=seconds,
        statements=tally.statements,
        waited=tally.seconds,
    )
    if access_log.isEnabledFor(logging.INFO):
        _record(method, route, response.status_code, seconds, tally.statements)


def _record(method: str, route: str, status: int, seconds: float, statements: int) -> None:
    told = {
        "method": method,
        "route": route,
        "status": status,
        "ms": round(seconds * 1000, 1),
        "statements": statements,
    }
    access_log.info(
        "%s %s %d in %.1f ms, %d statements", method, route, status, told["ms"], statements, extra=told
    )


def _keep_context(response: Any) -> None:
    """Have what is sent piece by piece made in the context of its request, which has its id."""
    streamed: StreamingHttpResponse = response
    if not streamed.is_async:
        streamed.streaming_content = _make_within(copy_context(), streamed.streaming_content)  # type: ignore[arg-type]


def _make_within(context: Context, parts: Iterable[bytes]) -> Iterator[bytes]:
    pieces, end = iter(parts), object()
    while (piece := context.run(next, pieces, end)) is not end:
        yield piece  # type: ignore[misc] # the end is no piece
