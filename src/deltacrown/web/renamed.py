"""Redirects from addresses with a former name to those with the present one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import reverse


def redirect_renamed(request: HttpRequest, **words: tuple[str, str]) -> HttpResponse | None:
    """Return the redirect to the present address of the page; None when the address is the present one.

    :param words: name of a part of the address → as it was asked for, and as it is now.
    """
    match = request.resolver_match
    if match is None or all(asked == present for asked, present in words.values()):
        return None

    present = {name: now for name, (_, now) in words.items()}
    address = reverse(match.view_name, kwargs={**match.kwargs, **present})
    query = request.META.get("QUERY_STRING", "")
    return HttpResponsePermanentRedirect(f"{address}?{query}" if query else address)
