"""The front page and the leaderboards."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from deltacrown.pages import leaderboards


@require_safe
def show_home(request: HttpRequest) -> HttpResponse:
    """The top of several leaderboards, and the search for a player."""
    return render(request, "web/home.html", {"boards": leaderboards.list_front_boards()})


@require_safe
def show_leaderboard(request: HttpRequest, stat: str) -> HttpResponse:
    """One leaderboard, of all games or of ``?game=``."""
    game, page = request.GET.get("game") or None, request.GET.get("page") or None
    shown = leaderboards.get_leaderboard_page(stat, game=game, page=page)
    return render(request, "web/leaderboard.html", {"shown": shown, "board": shown.board})
