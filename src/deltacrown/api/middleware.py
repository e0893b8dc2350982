"""The outermost middleware of the API.

It refuses unreadable requests, converts every error to a problem document, and sets the caching headers.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers, set_response_etag

from deltacrown.api.problems import INTERNAL, MALFORMED, MEDIA, MEDIA_TYPE, OF_STATUS, TOO_LARGE, respond
from deltacrown.core.inputs import is_storable

PREFIX = "/api/"
#: Seconds a shared cache may keep what is the same for everybody.
SHARED_SECONDS = 15
BODILESS = {"GET", "HEAD", "DELETE", "OPTIONS"}


class ApiEdge:
    """Guards and finishes requests under ``/api/``; others pass unchanged.

    It must be the first middleware.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        response = find_unreadable(request) or self.get_response(request)
        if response.status_code >= 400 and response.get("Content-Type", "") != MEDIA_TYPE:
            response = _as_problem(response)
        return _finish(request, response)


def find_unreadable(request: HttpRequest) -> HttpResponse | None:
    """Return the refusal of a request that no operation should see, or ``None``."""
    return _find_address_fault(request) or (None if request.method in BODILESS else _find_body_fault(request))


def _find_address_fault(request: HttpRequest) -> HttpResponse | None:
    try:
        texts = [
            request.path_info,
            *request.GET.keys(),
            *(value for values in request.GET.lists() for value in values[1]),
        ]
    except SuspiciousOperation:  # raised this far out, it would be answered with a page
        most = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
        return respond(MALFORMED, f"The address holds more than {most:,} parameters.")
    if not all(is_storable(text, multiline=False) for text in texts):
        return respond(MALFORMED, "The address holds control characters.")
    return None


def _find_body_fault(request: HttpRequest) -> HttpResponse | None:
    length, kind = request.META.get("CONTENT_LENGTH") or "0", request.content_type or ""
    if not length.isdigit():
        return respond(MALFORMED, "Content-Length is no number.")
    is_chunked = "Transfer-Encoding" in request.headers
    if length == "0" and is_chunked:  # it would be read as a request without a body
        return respond(MALFORMED, "The body comes in chunks: send it whole, with a Content-Length.")
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if int(length[:18]) > most:
        return respond(TOO_LARGE, f"The body is {length} bytes; {most:,} are taken.")
    if int(length[:18]) and kind != "application/json":
        return respond(MEDIA, f"The body is {kind[:60] or 'of no type'}; send application/json.")
    return None


def _as_problem(response: HttpResponseBase) -> HttpResponse:
    """Convert an error response of Django's to a problem document; some of its headers are kept."""
    kind = OF_STATUS.get(response.status_code, MALFORMED if response.status_code < 500 else INTERNAL)
    kept = {name: response[name] for name in ("Allow", "Retry-After", "WWW-Authenticate") if name in response}
    allowed = f" It takes {kept['Allow']}." if "Allow" in kept else ""
    return respond(kind, f"{kind.title}.{allowed} {kind.remedy}", headers=kept)


def _finish(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    is_read = request.method in {"GET", "HEAD"}
    if is_read and response.status_code == 200 and isinstance(response, HttpResponse):
        response = _answer_conditionally(request, response)

    is_current = is_read and response.status_code in {200, 304}
    if getattr(request, "api_shared", False) and is_current:
        response["Cache-Control"] = f"public, max-age={SHARED_SECONDS}"
        del response["Vary"]  # middleware inside says Cookie of everything; this answer depends on nobody's
    else:
        stored = "no-store" if getattr(request, "api_is_private", False) or not is_current else "no-cache"
        response["Cache-Control"] = f"private, {stored}"
        patch_vary_headers(response, ["Authorization", "Cookie"])

    allowance = getattr(request, "api_allowance", None)
    for name, value in allowance.headers.items() if allowance else ():
        response[name] = value
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _answer_conditionally(request: HttpRequest, response: HttpResponse) -> HttpResponseBase:
    """Return the response with its ETag, 304 when the caller has it, or a problem when it wants another one.

    Django's middleware for this leaves HEAD out, so its parts are used here.
    """
    set_response_etag(response)
    answer = get_conditional_response(request, etag=response.get("ETag"), response=response)
    assert answer is not None  # noqa: S101 - only without a response
    return answer if answer.status_code < 400 else _as_problem(answer)
