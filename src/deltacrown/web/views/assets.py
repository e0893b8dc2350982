"""Files at addresses that browsers ask for by themselves."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.views.decorators.http import require_safe


@require_safe
def show_icon(_request: HttpRequest) -> HttpResponse:
    """Redirect to the icon, for pages that name none: the admin and the API documentation."""
    return redirect(static("web/mark.svg"))
