"""The outermost middleware of the API: it refuses unreadable requests, converts every error to a problem document,
and sets the caching headers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags

from deltacrown.api.problems import INTERNAL, MALFORMED, MEDIA, MEDIA_TYPE, OF_STATUS, TOO_LARGE, respond
from deltacrown.core.inputs import is_storable

PREFIX = "/api/"
#: Seconds a shared cache may keep what is the same for everybody.
SHARED_SECONDS = 15
#: The headers that a 304 repeats.
KEPT = {"Cache-Control", "ETag", "Vary", "RateLimit", "RateLimit-Policy"}
BODILESS = {"GET", "HEAD", "DELETE", "OPTIONS"}


class ApiEdge:
    """Guards and finishes requests under ``/api/``; others pass untouched. It must be the first middleware."""

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
        return respond(MALFORMED, f"The address holds more than {settings.DATA_UPLOAD_MAX_NUMBER_FIELDS:,} parameters.")
    if not all(is_storable(text, multiline=False) for text in texts):
        return respond(MALFORMED, "The address holds control characters.")
    return None


def _find_body_fault(request: HttpRequest) -> HttpResponse | None:
    length, kind = request.META.get("CONTENT_LENGTH") or "0", request.content_type or ""
    if not length.isdigit():
        return respond(MALFORMED, "Content-Length is no number.")
    if length == "0" and "Transfer-Encoding" in request.headers:  # its chunks would be taken for no body at all
        return respond(MALFORMED, "The body comes in chunks: send it whole, with a Content-Length.")
    if int(length[:18]) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        return respond(TOO_LARGE, f"The body is {length} bytes; {settings.DATA_UPLOAD_MAX_MEMORY_SIZE:,} are taken.")
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
    allowance = getattr(request, "api_allowance", None)
    for name, value in allowance.headers.items() if allowance else ():
        response[name] = value
    response["X-Content-Type-Options"] = "nosniff"
    is_read = request.method in {"GET", "HEAD"} and response.status_code == 200
    if getattr(request, "api_shared", False) and is_read:
        response["Cache-Control"] = f"public, max-age={SHARED_SECONDS}"
        del response["Vary"]  # middleware inside says Cookie of everything; this answer depends on nobody's
    else:
        stored = "no-store" if getattr(request, "api_is_private", False) or not is_read else "no-cache"
        response["Cache-Control"] = f"private, {stored}"
        patch_vary_headers(response, ["Authorization", "Cookie"])
    if is_read and isinstance(response, HttpResponse):
        return _answer_conditionally(request, response)
    return response


def _answer_conditionally(request: HttpRequest, response: HttpResponse) -> HttpResponseBase:
    """Return the same answer with its ETag, or 304 when the caller has it."""
    etag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    response["ETag"] = etag
    known = {each.removeprefix("W/") for each in parse_etags(request.headers.get("If-None-Match", ""))}
    if not known & {etag, "*"}:
        return response
    unchanged = HttpResponse(status=304)
    for name in KEPT & {*response.headers}:
        unchanged[name] = response[name]
    del unchanged["Content-Type"]
    return unchanged
