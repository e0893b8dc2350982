"""The page of one encounter."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from deltacrown.core import clock
from deltacrown.pages import matches


@require_safe
def show_match(request: HttpRequest, game: str, match_key: str) -> HttpResponse:
    """Every player's side of one match, as the viewer may see it."""
    shown = matches.get_encounter(game, match_key, viewer=request.user)
    return render(request, "web/match.html", {"match": shown, "now": clock.now()})
