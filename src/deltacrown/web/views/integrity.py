"""The page on whether the stored numbers are right."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from deltacrown.core import clock
from deltacrown.pages import integrity


@require_safe
def show_integrity(request: HttpRequest) -> HttpResponse:
    """Show when all numbers were last verified, what was found, and the earlier verifications."""
    shown = integrity.get_integrity_page(request.GET.get("page") or None, now=clock.now())
    return render(request, "web/integrity.html", {"shown": shown, "finished": shown.finished})
