"""Redirects from addresses with a former name to those with the present one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.urls import reverse


def redirect_renamed(request: HttpRequest, **words: tuple[str, str]) -> HttpResponse | None:
    """Return the redirect to the present address of the page; None when the address is the present one.

    :param words: name of a part of the address → as it was asked for, and as it is now.
    """
    address = _find_present(request, words)
    return HttpResponsePermanentRedirect(address) if address else None


def redirect_moved(request: HttpRequest, **words: tuple[str, str]) -> HttpResponse | None:
    """Return the redirect to where a page is for now; None when the address is that one.

    Not a permanent one, which browsers keep: a merge of two accounts can be undone.
    """
    address = _find_present(request, words)
    return HttpResponseRedirect(address) if address else None


def _find_present(request: HttpRequest, words: dict[str, tuple[str, str]]) -> str:
    match = request.resolver_match
    if match is None or all(asked == present for asked, present in words.values()):
        return ""

    present = {name: now for name, (_, now) in words.items()}
    address = reverse(match.view_name, kwargs={**match.kwargs, **present})
    query = request.META.get("QUERY_STRING", "")
    return f"{address}?{query}" if query else address
