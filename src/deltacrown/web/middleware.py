"""Middleware for all pages: their caching headers, and the pages that answer refusals."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from deltacrown.core import outages
from deltacrown.core.client_address import get_client_address
from deltacrown.core.clock import now
from deltacrown.core.errors import DomainError, TooManyRequests
from deltacrown.core.numerals import write_whole
from deltacrown.core.request_facts import is_of_api
from deltacrown.freshness.rates import Rate, count_one
from deltacrown.user_profile.people.addresses import AccountClosed
from deltacrown.user_profile.privacy import HistoryHidden
from deltacrown.web.failures import answer_failure, answer_outage
from deltacrown.web.refusals import get_answer

#: They say themselves what is wrong.
HEALTH_PATHS = {"/healthz", "/readyz"}


class PrivatePages:
    """Marks every page as private, and as not to be stored at all when a session is in use.

    A response that has a Cache-Control header is left alone.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            is_personal = settings.SESSION_COOKIE_NAME in request.COOKIES
            response["Cache-Control"] = f"private, {'no-store' if is_personal else 'no-cache'}"
            patch_vary_headers(response, ["Cookie"])
        return response


class OutagePages:
    """Answers 503 while the database cannot serve, and asks it for nothing while it is known to be away.

    Pages of the admin and the API included: the API converts the answer to a problem document. Errors in
    middleware, where no view is left to be asked, come through ``handler500``.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        rest = outages.get_rest()
        if rest is not None and request.path_info not in HEALTH_PATHS:
            return answer_outage(request, rest)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return the answer to an outage, or None for other exceptions."""
        return answer_failure(request, error)


class PageLimit:
    """Refuses the pages to an address that asks for too many; the API has limits of its own.

    Supervisors and load balancers are never refused. A page may show a hundred pictures of players, each of
    which is asked for once.
    """

    FREE = ("/api/", "/avatars/", *sorted(HEALTH_PATHS))

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(self.FREE):
            return self.get_response(request)

        rate = Rate.read("page", settings.PAGE_RATE_PER_ADDRESS)
        allowance = count_one(rate, "page-rate", get_client_address(request), now=now())
        if allowance.left >= 0:
            return self.get_response(request)

        sentence = _(
            "You asked for more than %(limit)s pages in %(seconds)s seconds. Try again in %(wait)s seconds."
        )
        message = sentence % {
            "limit": write_whole(rate.limit),
            "seconds": write_whole(rate.seconds),
            "wait": write_whole(allowance.reset),
        }
        return show_refusal(request, TooManyRequests(message, retry_after=allowance.reset))


class RefusalPages:
    """Converts a ``DomainError`` raised in a view to a page with its message and status.

    And what Django answers with nothing to read, where an address takes no such request.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_blank = isinstance(response, HttpResponseNotAllowed) and not response.content
        return show_not_allowed(request, response) if is_blank and not is_of_api(request) else response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return the page, or None for other exceptions."""
        return show_refusal(request, error) if isinstance(error, DomainError) else None


def show_not_allowed(request: HttpRequest, refused: HttpResponse) -> HttpResponse:
    """Return the page that answers a request which its address does not take: that of a form, say."""
    message = _("This address takes only what a form sends. Go back, and use the button there.")
    context = {"title": _("Not this way"), "message": message}
    response = render(request, "web/refused.html", context, status=refused.status_code)
    response["Allow"] = refused["Allow"]
    return response


def show_refusal(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Return the page that answers a refusal."""
    answer = get_answer(error)
    owner = error.owner if isinstance(error, HistoryHidden) else None
    context = {"title": answer.title, "message": error.message, "profile": owner and owner.profile}
    if isinstance(error, AccountClosed) and request.resolver_match is not None:
        context["gone"] = request.resolver_match.kwargs.get("public_id", "")
    response = render(request, "web/refused.html", context, status=answer.status)
    if isinstance(error, TooManyRequests):
        response["Retry-After"] = str(error.retry_after)
    return response
