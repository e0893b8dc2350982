"""Pages about tournaments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from deltacrown.core import clock
from deltacrown.pages import seasons, tournaments
from deltacrown.pages.entry_changes import get_entry_changes_page
from deltacrown.pages.own_teams import OwnTeam, list_own_teams, set_team_entered
from deltacrown.tournaments.models import Tournament
from deltacrown.web.forms.filters import TournamentListForm
from deltacrown.web.forms.teams import TeamEntryForm
from deltacrown.web.renamed import redirect_renamed
from deltacrown.web.signed_in import get_person, sign_in_required

MATCHES_PER_PAGE = 20


class TournamentShown(Protocol):
    """What every page of a tournament has."""

    @property
    def tournament(self) -> Tournament:
        """Return the tournament."""


@require_safe
def show_list(request: HttpRequest) -> HttpResponse:
    """Show all tournaments, latest first, or those of ``?season=``."""
    form = TournamentListForm(request.GET)
    found = tournaments.list_tournament_items(_page(request), season=form.filters.get("season"))
    form.offer_seasons(seasons.list_choices())
    return render(request, "web/tournaments.html", {"found": found, "form": form})


@require_safe
def show_tournament(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a tournament at a glance."""
    shown = tournaments.get_tournament_page(slug, viewer=request.user)
    own_teams = list_own_teams(shown.tournament, request.user, clock.now())
    return _render(request, "web/tournament.html", shown, slug, tab="tournament", own_teams=own_teams)


@sign_in_required
@require_POST
def enter_team(request: HttpRequest, slug: str) -> HttpResponse:
    """Register one's team, or withdraw it, and return to the tournament's page."""
    form = TeamEntryForm(request.POST)
    named = form.require_valid()["team"]
    person, now = get_person(request), clock.now()
    team = set_team_entered(slug=slug, team=named, entered=form.entered, by=person, now=now)
    messages.success(request, f"{team.name} is {'registered' if form.entered else 'withdrawn'}.")
    return redirect("tournament", slug)


@require_safe
def show_results(request: HttpRequest, slug: str) -> HttpResponse:
    """Show all official results."""
    shown = tournaments.get_results_page(slug, _page(request), viewer=request.user)
    return _render(request, "web/tournament_results.html", shown, slug, tab="results")


@require_safe
def show_tournament_matches(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what was played, latest first: each series as one with its games."""
    page, limit = _page(request), MATCHES_PER_PAGE
    shown = tournaments.get_played_page(slug, page, viewer=request.user, limit=limit)
    return _render(request, "web/tournament_matches.html", shown, slug, tab="matches")


@require_safe
def show_series(request: HttpRequest, slug: str, series: str) -> HttpResponse:
    """Show one series and its games."""
    page, limit = _page(request), MATCHES_PER_PAGE
    shown = tournaments.get_series_page(slug, series, page, viewer=request.user, limit=limit)
    return _render(request, "web/tournament_series.html", shown, slug, tab="matches")


@require_safe
def show_entrants(request: HttpRequest, slug: str) -> HttpResponse:
    """Show everyone who registered."""
    shown = tournaments.get_entrants_page(slug, _page(request), viewer=request.user)
    return _render(request, "web/tournament_entrants.html", shown, slug, tab="entrants")


@sign_in_required
@require_safe
def show_entry_changes(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the log of entries and rosters, as far as it concerns the person."""
    shown = get_entry_changes_page(slug, _page(request), viewer=get_person(request))
    return _render(request, "web/tournament_changes.html", shown, slug, tab="changes")


@require_safe
def show_players(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what every player did."""
    shown = tournaments.get_players_page(slug, viewer=request.user)
    return _render(request, "web/tournament_players.html", shown, slug, tab="players")


def _render(
    request: HttpRequest,
    template: str,
    shown: TournamentShown,
    slug: str,
    *,
    tab: str,
    own_teams: Sequence[OwnTeam] = (),
) -> HttpResponse:
    """Render a page of a tournament; redirect from the address with a former slug."""
    event = shown.tournament
    context: dict[str, Any] = {"shown": shown, "event": event, "tab": tab, "own_teams": own_teams}
    context["decision"] = tournaments.get_decision(event)
    return redirect_renamed(request, slug=(slug, event.slug)) or render(request, template, context)


def _page(request: HttpRequest) -> str | None:
    return request.GET.get("page") or None
