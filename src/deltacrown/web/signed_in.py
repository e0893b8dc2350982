"""The player behind a request to a page that needs a sign-in."""

from __future__ import annotations

from django.http import HttpRequest

from deltacrown.accounts.models import User


def get_person(request: HttpRequest) -> User:
    """Return the signed-in player; the view must be behind ``login_required``."""
    assert request.user.is_authenticated  # noqa: S101 - for the type checker
    return request.user
