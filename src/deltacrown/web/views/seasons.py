"""The pages of seasons."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from deltacrown.core import clock
from deltacrown.pages import season_boards


@require_safe
def show_seasons(request: HttpRequest) -> HttpResponse:
    """Show all seasons, latest first."""
    found = season_boards.list_season_items(request.GET.get("page") or None, now=clock.now())
    return render(request, "web/seasons.html", {"found": found})


@require_safe
def show_season(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a season with the first places of its boards."""
    shown = season_boards.get_season_page(slug, now=clock.now())
    return render(request, "web/season.html", {"shown": shown})
