"""Pages that need a sign-in: the player behind a request, and the way to sign in and back."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlsplit

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from deltacrown.accounts.models import User

Given = ParamSpec("Given")
View = Callable[Concatenate[HttpRequest, Given], HttpResponse]

READS = {"GET", "HEAD"}
#: The pages on the way in: nobody wants to come back to them.
ENTRANCE = ("/sign-in/", "/sign-up/")


def get_person(request: HttpRequest) -> User:
    """Return the signed-in player; the view must be behind ``sign_in_required``."""
    assert request.user.is_authenticated  # noqa: S101 - for the type checker
    return request.user


def sign_in_required(view: View[Given]) -> View[Given]:
    """Send visitors to the sign-in page, and from there back to the page they were on."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: Given.args, **kwargs: Given.kwargs) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        if not is_by_htmx(request):
            return redirect_to_login(get_return_address(request))
        # A redirect would be followed by the script, and the page put among the rows.
        return HttpResponse(status=401, headers={"HX-Redirect": get_sign_in_address(request)})

    return guarded


def get_sign_in_address(request: HttpRequest) -> str:
    """Return the address of the sign-in page that leads back to the page the request is about."""
    query = QueryDict(mutable=True)
    query[REDIRECT_FIELD_NAME] = get_return_address(request)
    return f"{reverse('login')}?{query.urlencode(safe='/')}"


def get_return_address(request: HttpRequest) -> str:
    """Return the path of the page a person is on: never another site's, and none that only takes a POST."""
    if request.path.startswith(ENTRANCE):
        return as_own_path(request.GET.get(REDIRECT_FIELD_NAME, ""), request) or reverse("home")
    if is_by_htmx(request):
        return as_own_path(request.headers.get("HX-Current-URL", ""), request) or reverse("home")
    if request.method not in READS:
        return as_own_path(request.headers.get("Referer", ""), request) or request.path
    return request.get_full_path()


def is_by_htmx(request: HttpRequest) -> bool:
    """Return whether htmx asks, for a part of a page."""
    # Of META: ``request.headers`` is made of all of it, which a page that is at hand needs for nothing else.
    return request.META.get("HTTP_HX_REQUEST") == "true"


def as_own_path(address: str, request: HttpRequest) -> str:
    """Return the path and query of an address of this site; ``""`` for any other."""
    is_own = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    if not is_own:
        return ""
    parts = urlsplit(address)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    # Without its host an address may lead elsewhere: https://here//elsewhere
    return path if url_has_allowed_host_and_scheme(path, None) else ""
