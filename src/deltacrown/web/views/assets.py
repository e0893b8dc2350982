"""Files that browsers ask for where they always have."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.views.decorators.http import require_safe


@require_safe
def show_icon(_request: HttpRequest) -> HttpResponse:
    """The mark, for pages that name no icon of their own: the admin and the API's."""
    return redirect(static("web/mark.svg"))
