"""Pages about tournaments."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from deltacrown.pages import tournaments

MATCHES_PER_PAGE = 20


@require_safe
def show_list(request: HttpRequest) -> HttpResponse:
    """All tournaments, latest first."""
    return render(request, "web/tournaments.html", {"found": tournaments.list_tournaments(_page(request))})


@require_safe
def show_tournament(request: HttpRequest, slug: str) -> HttpResponse:
    """A tournament at a glance."""
    shown = tournaments.get_tournament_page(slug, viewer=request.user)
    return render(request, "web/tournament.html", {"shown": shown, "event": shown.tournament, "tab": "tournament"})


@require_safe
def show_results(request: HttpRequest, slug: str) -> HttpResponse:
    """All official results."""
    shown = tournaments.get_results_page(slug, _page(request), viewer=request.user)
    return render(request, "web/tournament_results.html", {"shown": shown, "event": shown.tournament, "tab": "results"})


@require_safe
def show_matches(request: HttpRequest, slug: str) -> HttpResponse:
    """Every match of it, latest first."""
    shown = tournaments.get_encounters_page(slug, _page(request), viewer=request.user, limit=MATCHES_PER_PAGE)
    return render(request, "web/tournament_matches.html", {"shown": shown, "event": shown.tournament, "tab": "matches"})


@require_safe
def show_entrants(request: HttpRequest, slug: str) -> HttpResponse:
    """Everyone who registered."""
    shown = tournaments.get_entrants_page(slug, _page(request), viewer=request.user)
    return render(request, "web/tournament_entrants.html", {"shown": shown, "event": shown.tournament, "tab": "entrants"})


@require_safe
def show_players(request: HttpRequest, slug: str) -> HttpResponse:
    """What every player did."""
    shown = tournaments.get_players_page(slug, viewer=request.user)
    return render(request, "web/tournament_players.html", {"shown": shown, "event": shown.tournament, "tab": "players"})


def _page(request: HttpRequest) -> str | None:
    return request.GET.get("page") or None
