"""A player's bests, and the places on the leaderboards; a profile takes both in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from deltacrown.core.dates import write_iso_day
from deltacrown.pages import bests
from deltacrown.user_profile.models import UserProfile
from deltacrown.web.renamed import redirect_moved


@require_safe
def show_bests(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show what a player did best, over all games or in that of ``?game=``."""
    shown = bests.get_bests_page(public_id, request.GET.get("game") or None, viewer=request.user)
    found = shown.bests
    game = {"game": shown.game.slug} if shown.game else {}
    since = {"played_from": found.since.isoformat()} if found.since else {}
    context: dict[str, Any] = {"shown": shown, "bests": found, "tab": "player-bests"}
    if found.run:
        # Exactly from the first of the run to the last: its days may have more matches.
        until = found.run.until + timedelta(microseconds=1)
        span = {"played_from": found.run.since.isoformat(), "played_to": until.isoformat()}
        context["run_query"] = urlencode({**game, **span})
    if found.good_day:
        day = write_iso_day(found.good_day.day)
        context["day_query"] = urlencode({**game, "played_from": day, "played_to": day, "result": "WIN"})
    context["tables"] = [
        (
            table,
            [
                (share, urlencode({"game": table.game_slug, "reported": share.reported, **since}))
                for share in table.shares
            ],
        )
        for table in found.tables
    ]
    return _answer(request, "web/player_bests.html", shown.profile, context)


@require_safe
def show_places(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show a player's places on all leaderboards, or on those of ``?game=``."""
    shown = bests.get_places_page(public_id, request.GET.get("game") or None, viewer=request.user)
    return _answer(request, "web/player_places.html", shown.profile, {"shown": shown, "tab": "player-places"})


def _answer(
    request: HttpRequest, template: str, profile: UserProfile, context: dict[str, Any]
) -> HttpResponse:
    asked = request.resolver_match.kwargs["public_id"] if request.resolver_match else profile.public_id
    moved = redirect_moved(request, public_id=(asked, profile.public_id))
    return moved or render(request, template, {**context, "profile": profile})
