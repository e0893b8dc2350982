"""Middleware for all pages: their caching headers, and the pages that answer refusals."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from deltacrown.core.errors import DomainError
from deltacrown.user_profile.privacy import HistoryHidden
from deltacrown.web.refusals import get_answer


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


class RefusalPages:
    """Converts a ``DomainError`` raised in a view to a page with its message and status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return the page, or None for other exceptions."""
        if not isinstance(error, DomainError):
            return None
        answer = get_answer(error)
        owner = error.owner if isinstance(error, HistoryHidden) else None
        context = {"title": answer.title, "message": error.message, "profile": owner and owner.profile}
        return render(request, "web/refused.html", context, status=answer.status)
