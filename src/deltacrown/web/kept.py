"""Answers to visitors that are kept as they were rendered, but for the token of their forms.

Who is signed in, or may be, is never among them: a page then has a name, a number of unread messages, forms
to follow and to block. ``pages.cached`` decides when a kept answer is still what would be rendered.
"""

from __future__ import annotations

import secrets
from collections.abc import Hashable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string

from deltacrown.freshness.bodies import Parts
from deltacrown.web.reader import read_reader
from deltacrown.web.signed_in import is_by_htmx

#: The cookie of messages for somebody without a session.
MESSAGES = "messages"
#: The parameters of the pages that are kept: others could fill the cache.
PARAMETERS = {"game"}


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
