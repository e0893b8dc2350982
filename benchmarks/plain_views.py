"""The site with views beside its own that do nothing, or no more than to ask the database: limits of reading.

They run through the same middleware. What one asks was noted when a view of the site asked it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import engines
from django.urls import path

from deltacrown.config import urls
from deltacrown.user_profile.models import UserProfile

#: As short as a page with a form can be.
_EMPTY = engines["django"].from_string(
    "<!doctype html><html lang=en><title>Empty</title><form method=post>{% csrf_token %}</form></html>"
)
Statement = tuple[str, Sequence[Any] | None]


class Noted:
    """The statements that the view repeats."""

    statements: tuple[Statement, ...] = ()


@contextmanager
def noting() -> Iterator[None]:
    """Let the view repeat what is asked in this block."""
    asked: list[Statement] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield
    Noted.statements = tuple(asked)


def show_nothing(request: HttpRequest) -> HttpResponse:
    """Render an empty template."""
    return HttpResponse(_EMPTY.render({}, request))


def answer_nothing(_request: HttpRequest) -> HttpResponse:
    """Answer with empty JSON."""
    return JsonResponse({})


def read_by_key(_request: HttpRequest, key: str) -> HttpResponse:
    """Answer with one read by key."""
    found = UserProfile.objects.filter(public_id=key).values("user_id").first()
    return JsonResponse(found or {})


def repeat(_request: HttpRequest) -> HttpResponse:
    """Ask what was noted, and answer with all rows."""
    answers = []
    with connection.cursor() as cursor:
        for sql, params in Noted.statements:
            cursor.execute(sql, params)
            answers.append(cursor.fetchall())
    return JsonResponse({"answers": answers})


urlpatterns = [
    path("limits/page", show_nothing),
    path("api/limits/nothing", answer_nothing),
    path("api/limits/key/<str:key>", read_by_key),
    path("api/limits/repeat", repeat),
    *urls.urlpatterns,
]
