"""Pages with buttons that lead to providers: their forms may lead there, and those of no other page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from csp.decorators import csp_update
from django.http import Http404, HttpRequest, HttpResponse

from deltacrown.accounts.entrance.providers import Provider, find_provider, list_providers

Given = ParamSpec("Given")
View = Callable[Concatenate[HttpRequest, Given], HttpResponse]


def leads_to_providers(view: View[Given]) -> View[Given]:
    """Let forms of the page lead to the providers that are on; where none is, change nothing."""

    @wraps(view)
    def show(request: HttpRequest, /, *args: Given.args, **kwargs: Given.kwargs) -> HttpResponse:
        hosts = [each.origin for each in list_providers()]
        if not hosts:
            return view(request, *args, **kwargs)
        response: HttpResponse = csp_update({"form-action": hosts})(view)(request, *args, **kwargs)  # type: ignore[assignment]
        return response

    return show


def only_with_providers(view: View[Given]) -> View[Given]:
    """Answer 404 where no provider is on."""

    @wraps(view)
    def show(request: HttpRequest, /, *args: Given.args, **kwargs: Given.kwargs) -> HttpResponse:
        if not list_providers():
            raise Http404
        return view(request, *args, **kwargs)

    return show


def with_provider(view: Callable[[HttpRequest, Provider], HttpResponse]) -> View[[str]]:
    """Give the view the provider that its address names; answer 404 where that is not on."""

    @wraps(view)
    def show(request: HttpRequest, /, provider: str) -> HttpResponse:
        return view(request, get_provider(provider))

    return show


def get_provider(key: str) -> Provider:
    """Return a provider that is on.

    :raises Http404: there is none of this name.
    """
    found = find_provider(key)
    if found is None:
        raise Http404
    return found
