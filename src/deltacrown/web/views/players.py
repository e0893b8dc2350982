"""Pages about one player, and the search that finds the player."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from deltacrown.core import clock
from deltacrown.core.errors import InvalidInput
from deltacrown.games.models import MatchRow
from deltacrown.pages import cached, players
from deltacrown.tournaments.models import Tournament
from deltacrown.user_profile.people import search

MATCH_FILTERS = ("game", "kind", "result", "played_from", "played_to", "tournament", "opponent")
TOURNAMENT_FILTERS = ("game", "status", "placement", "tournament", "registered_from", "registered_to")


@require_safe
def show_search(request: HttpRequest) -> HttpResponse:
    """Players found by ``?q=``; without it, the empty search."""
    query = request.GET.get("q", "").strip()
    try:
        found = search.find_players(query, _page(request)) if query else None
    except InvalidInput as refusal:
        return render(request, "web/search.html", {"query": query, "refusal": refusal.message}, status=400)
    return render(request, "web/search.html", {"query": query, "found": found})


@require_safe
def show_profile(request: HttpRequest, public_id: str) -> HttpResponse:
    """A player at a glance."""
    shown = cached.get_profile_page(public_id, viewer=request.user)
    return render(request, "web/player.html", {"shown": shown, "profile": shown.profile, "tab": "player"})


@require_safe
def show_matches(request: HttpRequest, public_id: str) -> HttpResponse:
    """A player's match history, narrowed by the filters in the address."""
    filters = _filters(request, MATCH_FILTERS)
    shown = cached.get_matches_page(public_id, filters, _page(request), viewer=request.user)
    context = {"filters": filters, "kinds": MatchRow.Kind.choices, "results": MatchRow.Result.choices, "tab": "player-matches"}
    return render(request, "web/player_matches.html", {"shown": shown, "profile": shown.profile, **context})


@require_safe
def show_tournaments(request: HttpRequest, public_id: str) -> HttpResponse:
    """The tournaments a player entered, narrowed by the filters in the address."""
    filters = _filters(request, TOURNAMENT_FILTERS)
    shown = players.get_tournaments_page(public_id, filters, _page(request), viewer=request.user)
    context = {"filters": filters, "statuses": Tournament.Status.choices, "tab": "player-tournaments"}
    return render(request, "web/player_tournaments.html", {"shown": shown, "profile": shown.profile, **context})


@require_safe
def show_activity(request: HttpRequest, public_id: str) -> HttpResponse:
    """A player's timeline."""
    shown = cached.get_activity_page(public_id, _page(request), viewer=request.user)
    return render(request, "web/player_activity.html", {"shown": shown, "profile": shown.profile, "tab": "player-activity"})


@require_safe
def show_stat(request: HttpRequest, public_id: str, stat: str) -> HttpResponse:
    """One number of a player: its meaning, and the rows behind it."""
    filters = _filters(request, tuple(dict.fromkeys((*MATCH_FILTERS, *TOURNAMENT_FILTERS))))
    shown = players.get_stat_page(public_id, stat, filters, _page(request), viewer=request.user)
    return render(request, "web/player_stat.html", {"shown": shown, "profile": shown.profile, "rows": shown.rows})


@require_safe
def show_stat_history(request: HttpRequest, public_id: str, stat: str) -> HttpResponse:
    """Every change of one number of a player; with ``?as_of=`` also what it was then."""
    asked, now = request.GET, clock.now()
    shown = players.get_stat_history_page(
        public_id, stat, _page(request), game=asked.get("game") or None, as_of=asked.get("as_of") or None, viewer=request.user, now=now
    )
    context = {"profile": shown.profile, "history": shown.history, "today": now}
    return render(request, "web/player_stat_history.html", {"shown": shown, **context})


def _page(request: HttpRequest) -> str | None:
    return request.GET.get("page") or None


def _filters(request: HttpRequest, names: tuple[str, ...]) -> dict[str, str]:
    return {name: request.GET[name] for name in names if request.GET.get(name)}
