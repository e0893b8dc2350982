"""The overview of the moderator's bench."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from deltacrown.pages.bench_overview import get_bench
from deltacrown.web.signed_in import get_person, sign_in_required


@sign_in_required
@require_safe
def show_bench(request: HttpRequest) -> HttpResponse:
    """Show what waits on the bench to who has any right of it."""
    shown = get_bench(viewer=get_person(request))
    return render(request, "web/moderation/bench.html", {"shown": shown, "tab": "overview"})
