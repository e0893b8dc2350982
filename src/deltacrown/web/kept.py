"""Answers to visitors that are kept as they were rendered, but for the token of their forms.

Who is signed in, or may be, is never among them: a page then has a name, a number of unread messages, forms
to follow and to block. ``pages.cached`` decides when a kept answer is still what would be rendered.

What is at hand is sent before anything is made that only other requests use: a session, who is signed in,
messages, a form of the parameters, the way to the view.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Hashable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.csrf import CsrfViewMiddleware, get_token
from django.template.loader import render_to_string

from deltacrown.core import clock
from deltacrown.core.request_facts import set_route
from deltacrown.freshness.bodies import Parts
from deltacrown.freshness.stamps import Stamp
from deltacrown.pages import cached
from deltacrown.web.converters import PublicIdConverter
from deltacrown.web.reader import read_reader
from deltacrown.web.signed_in import is_by_htmx

#: The cookie of messages for somebody without a session.
MESSAGES = "messages"
#: The parameters of the pages that are kept: others could fill the cache.
PARAMETERS = {"game"}
#: The address of the page that is looked at most, as ``web.urls`` has it.
PROFILE = re.compile(rf"/players/({PublicIdConverter.regex})/", re.ASCII)
_STAMP = "kept_stamp"


class KeptPages:
    """Answers a visitor at once where the answer is at hand, as all that is inside of this would."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._forms, self._frames = CsrfViewMiddleware(get_response), XFrameOptionsMiddleware(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        parts = self._find(request)
        if parts is None:
            return self.get_response(request)
        set_route(request, "player")
        self._forms.process_request(request)
        response = answer(request, parts)
        response["Content-Length"] = str(len(response.content))
        return self._forms.process_response(request, self._frames.process_response(request, response))

    def _find(self, request: HttpRequest) -> Parts | None:
        if request.method != "GET" or request.META.get("QUERY_STRING"):
            return None
        found = PROFILE.fullmatch(request.path_info)
        if found is None or not is_for_visitors(request):
            return None
        stamp = cached.read_stamp()
        if stamp is None:
            return None
        setattr(request, _STAMP, stamp)
        return cached.find_overview_body(found[1], stamp, variant=name_variant(request), now=clock.now())


def get_stamp(request: HttpRequest) -> Stamp | None:
    """Return the stamp that was read for a request already, or None."""
    stamp: Stamp | None = getattr(request, _STAMP, None)
    return stamp


def is_for_visitors(request: HttpRequest) -> bool:
    """Return whether the answer is that which every visitor gets at this address.

    Deny by default: a session, messages, part of a page, or a parameter that the page does not know.
    """
    if settings.DEBUG or is_by_htmx(request):  # in development templates change without a new release
        return False
    if settings.SESSION_COOKIE_NAME in request.COOKIES or MESSAGES in request.COOKIES:
        return False
    return all(name in PARAMETERS and len(values) == 1 for name, values in request.GET.lists())


def name_variant(request: HttpRequest) -> tuple[Hashable, ...]:
    """Return all of the request and the settings that a page for visitors depends on.

    Language and zone are left to ``pages.cached``, which takes the current ones.
    """
    reader = read_reader(request.COOKIES)
    address = (request.scheme, request.get_host(), request.get_full_path())
    configured = (settings.SIGN_UP, settings.STATIC_URL, settings.LANGUAGE_CODE, *settings.LANGUAGES)
    return (*address, reader.zone, reader.theme, *configured)


def render_parts(request: HttpRequest, template: str, context: dict[str, Any]) -> Parts:
    """Return a page without the token of its forms, in the parts between which that belongs."""
    # Drawn anew: nothing that a player wrote can hold it.
    hole = secrets.token_hex(32)
    page = render_to_string(template, {**context, "csrf_token": hole}, request)
    return tuple(part.encode() for part in page.split(hole))


def answer(request: HttpRequest, parts: Parts) -> HttpResponse:
    """Return a page with the token of this visitor in its forms."""
    return HttpResponse(get_token(request).encode().join(parts) if len(parts) > 1 else parts[0])
