"""The front page and the leaderboards."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from deltacrown.core import clock
from deltacrown.core.errors import InvalidInput
from deltacrown.pages import leaderboards
from deltacrown.pages.leaderboards import BoardChoice
from deltacrown.web.forms.filters import LeaderboardForm


@require_safe
def show_home(request: HttpRequest) -> HttpResponse:
    """Show the top of several leaderboards, and the search for a player."""
    return render(request, "web/home.html", {"boards": leaderboards.list_front_boards()})


@require_safe
def show_leaderboard(request: HttpRequest, stat: str) -> HttpResponse:
    """Show one leaderboard, of ``?game=``, ``?period=`` or ``?season=``, ``?as_of=`` and ``?country=``."""
    form = LeaderboardForm(request.GET)
    choice = form.choose(stat)
    page, now = request.GET.get("page") or None, clock.now()
    refused: InvalidInput | None = None
    try:
        shown = leaderboards.get_leaderboard_page(choice, page, now=now)
    except InvalidInput as refusal:
        if refusal.field not in form.fields:
            raise
        refused = refusal
        shown = leaderboards.get_leaderboard_page(BoardChoice(stat), None, now=now)

    form.offer(shown, today=now)
    if refused:
        form.add_refusal(refused)

    context = {
        "shown": shown,
        "board": shown.board,
        "period": shown.period,
        "form": form,
        "choice": choice,
    }
    return render(request, "web/leaderboard.html", context, status=400 if refused else 200)
