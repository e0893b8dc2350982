"""Pages about tournaments."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from deltacrown.pages import tournaments

MATCHES_PER_PAGE = 20


@require_safe
def show_list(request: HttpRequest) -> HttpResponse:
    """Show all tournaments, latest first."""
    found = tournaments.list_tournament_items(_page(request))
    return render(request, "web/tournaments.html", {"found": found})


@require_safe
def show_tournament(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a tournament at a glance."""
    shown = tournaments.get_tournament_page(slug, viewer=request.user)
    context = {"shown": shown, "event": shown.tournament, "tab": "tournament"}
    return render(request, "web/tournament.html", context)


@require_safe
def show_results(request: HttpRequest, slug: str) -> HttpResponse:
    """Show all official results."""
    shown = tournaments.get_results_page(slug, _page(request), viewer=request.user)
    context = {"shown": shown, "event": shown.tournament, "tab": "results"}
    return render(request, "web/tournament_results.html", context)


@require_safe
def show_tournament_matches(request: HttpRequest, slug: str) -> HttpResponse:
    """Show its matches, latest first."""
    page, limit = _page(request), MATCHES_PER_PAGE
    shown = tournaments.get_tournament_matches_page(slug, page, viewer=request.user, limit=limit)
    context = {"shown": shown, "event": shown.tournament, "tab": "matches"}
    return render(request, "web/tournament_matches.html", context)


@require_safe
def show_entrants(request: HttpRequest, slug: str) -> HttpResponse:
    """Show everyone who registered."""
    shown = tournaments.get_entrants_page(slug, _page(request), viewer=request.user)
    context = {"shown": shown, "event": shown.tournament, "tab": "entrants"}
    return render(request, "web/tournament_entrants.html", context)


@require_safe
def show_players(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what every player did."""
    shown = tournaments.get_players_page(slug, viewer=request.user)
    context = {"shown": shown, "event": shown.tournament, "tab": "players"}
    return render(request, "web/tournament_players.html", context)


def _page(request: HttpRequest) -> str | None:
    return request.GET.get("page") or None
