"""What every page has in common: who may keep it, and how a service's refusal is told."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from deltacrown.core.errors import Conflict, DomainError, NotFound
from deltacrown.moderation.services import MayNotResolve, NotAParticipant
from deltacrown.user_profile.privacy import HistoryHidden

STATUSES: list[tuple[type[DomainError], int, str]] = [
    (NotFound, 404, "Not found"),
    (HistoryHidden, 403, "Hidden"),
    (MayNotResolve, 403, "Not for you"),
    (NotAParticipant, 403, "Not for you"),
    (Conflict, 409, "That does not fit"),
    (DomainError, 400, "That cannot be shown"),
]


class PrivatePages:
    """Says of every page that it is for whoever asked: no shared cache keeps it, and no browser that of somebody signed in.

    A page that says something of its own about keeping it is left alone.
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


class RefusalPages:
    """Answers a ``DomainError`` out of a view with a page that carries its message and the fitting status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, DomainError):
            return None
        status, title = next((status, title) for kind, status, title in STATUSES if isinstance(error, kind))
        owner = error.owner if isinstance(error, HistoryHidden) else None
        context = {"title": title, "message": error.message, "profile": owner and owner.profile}
        return render(request, "web/refused.html", context, status=status)
