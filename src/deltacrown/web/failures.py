"""Answers to errors that no view expected: 503 when the database cannot serve, 500 for anything else."""

from __future__ import annotations

import logging
import sys

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseServerError
from django.template.loader import render_to_string

from deltacrown.core.outages import Outage, find_outage, note_outage
from deltacrown.core.request_facts import get_request_id, is_of_api, name_method, name_route
from deltacrown.core.words import translate_stored
from deltacrown.web.reader import add_reader

logger = logging.getLogger(__name__)


def answer_failure(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """Return the answer to an error of the database that passes; None for other errors."""
    outage = find_outage(error)
    if outage is None:
        return None
    logger.error("%s %s: %s %s", name_method(request), name_route(request), outage.reason, error)
    note_outage(outage)
    return answer_outage(request, outage)


def answer_outage(request: HttpRequest, outage: Outage) -> HttpResponse:
    """Return the answer with status 503. It asks the database for nothing: no session, no name.

    The API makes a problem document of it, so that no page is rendered for it.
    """
    shown = {
        "reason": translate_stored(outage.reason),
        "request_id": get_request_id(),
        **add_reader(request),
    }
    page = "" if is_of_api(request) else render_to_string("503.html", shown)
    headers = {"Retry-After": str(outage.retry_after), "Cache-Control": "no-store"}
    return HttpResponse(page, status=503, headers=headers)


def show_failure(request: HttpRequest) -> HttpResponse:
    """Answer an error that came from outside of the views, from a session for example."""
    return answer_failure(request, sys.exc_info()[1]) or _answer_mistake()


def show_unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django names it
    """Answer a request that Django could not read: its host, its session, or the length of its body."""
    shown = {"request_id": get_request_id(), **add_reader(request)}
    return HttpResponseBadRequest(render_to_string("400.html", shown))


def _answer_mistake() -> HttpResponse:
    """Return the answer with status 500. Nothing that may be broken as well is asked for it."""
    return HttpResponseServerError(render_to_string("500.html", {"request_id": get_request_id()}))
