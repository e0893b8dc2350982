"""The front page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from deltacrown.core import clock
from deltacrown.pages.home import get_home_page


@require_safe
def show_home(request: HttpRequest) -> HttpResponse:
    """Show what runs, opens and ended, the tops of leaderboards of ``?game=``, and the reader's own news."""
    game = request.GET.get("game") or None
    shown = get_home_page(game=game, viewer=request.user, now=clock.now())
    return render(request, "web/home.html", {"shown": shown, "boards": shown.boards})
