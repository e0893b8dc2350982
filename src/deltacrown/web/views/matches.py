"""The page of one match."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from deltacrown.core import clock
from deltacrown.pages import matches
from deltacrown.web.renamed import redirect_renamed


@require_safe
def show_match(request: HttpRequest, game: str, match_key: str) -> HttpResponse:
    """Show the lines of one match, as the viewer may see them."""
    shown = matches.get_match_page(game, match_key, viewer=request.user)
    return redirect_renamed(request, game=(game, shown.game.slug)) or render(
        request, "web/match.html", {"match": shown, "now": clock.now()}
    )
