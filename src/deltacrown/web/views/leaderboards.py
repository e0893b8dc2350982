"""The front page and the leaderboards."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from deltacrown.core import clock
from deltacrown.pages import leaderboards
from deltacrown.web.forms.filters import LeaderboardForm


@require_safe
def show_home(request: HttpRequest) -> HttpResponse:
    """Show the top of several leaderboards, and the search for a player."""
    return render(request, "web/home.html", {"boards": leaderboards.list_front_boards()})


@require_safe
def show_leaderboard(request: HttpRequest, stat: str) -> HttpResponse:
    """Show one leaderboard, of ``?game=``, ``?period=`` and ``?country=``."""
    form = LeaderboardForm(request.GET)
    choice = form.choose(stat)
    page = request.GET.get("page") or None
    shown = leaderboards.get_leaderboard_page(choice, page, now=clock.now())
    form.offer_games(shown.games)

    context = {"shown": shown, "board": shown.board, "form": form, "choice": choice}
    return render(request, "web/leaderboard.html", context)
