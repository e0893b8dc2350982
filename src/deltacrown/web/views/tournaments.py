"""Pages about tournaments."""

from __future__ import annotations

from typing import Any, Protocol

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from deltacrown.core import clock
from deltacrown.core.errors import InvalidInput
from deltacrown.pages import desks, seasons, tournament_groups, tournaments
from deltacrown.pages.entry_changes import get_entry_changes_page
from deltacrown.pages.invitations import list_asked
from deltacrown.pages.pairings import get_next_pairing
from deltacrown.pages.statements import find_question
from deltacrown.pages.tournament_deeds import Deed, describe_entry, take_step
from deltacrown.tournaments.models import Tournament
from deltacrown.tournaments.services import can_organise
from deltacrown.web.forms.filters import TournamentListForm
from deltacrown.web.forms.tournaments import EntryForm
from deltacrown.web.renamed import redirect_renamed
from deltacrown.web.signed_in import get_person, sign_in_required

MATCHES_PER_PAGE = 20
#: Field of the filters → what the list of tournaments calls it, where that is another word.
LIST_FILTERS = {"q": "query"}
#: What was done, and whether to a team → what is said of it.
DONE = {
    (Deed.REGISTER, True): _("%(team)s is registered."),
    (Deed.CHECK_IN, True): _("%(team)s is checked in."),
    (Deed.UNCHECK, True): _("%(team)s is no longer checked in."),
    (Deed.WITHDRAW, True): _("%(team)s is withdrawn."),
    (Deed.RETURN, True): _("%(team)s is in again."),
    (Deed.REGISTER, False): _("You are registered."),
    (Deed.CHECK_IN, False): _("You are checked in."),
    (Deed.UNCHECK, False): _("You are no longer checked in."),
    (Deed.WITHDRAW, False): _("You are withdrawn."),
    (Deed.RETURN, False): _("You are in again."),
}


class TournamentShown(Protocol):
    """What every page of a tournament has."""

    @property
    def tournament(self) -> Tournament:
        """Return the tournament."""


@require_safe
def show_list(request: HttpRequest) -> HttpResponse:
    """Show all tournaments by what is to come of them, or those that the filters keep."""
    form = TournamentListForm(request.GET)
    filters = form.filters
    asked = {LIST_FILTERS.get(name, name): value for name, value in filters.items()}
    shown, status = None, 200
    try:
        shown = tournament_groups.get_tournaments_page(_page(request), now=clock.now(), **asked)
    except InvalidInput as refusal:
        if refusal.field not in form.fields:
            raise
        form.add_refusal(refusal)
        status = 400
    form.offer_games(tournament_groups.list_games_held())
    form.offer_seasons(seasons.list_choices())
    context = {"shown": shown, "form": form, "only_season": set(filters) == {"season"}}
    return render(request, "web/tournaments.html", context, status=status)


@require_safe
def show_tournament(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a tournament at a glance."""
    shown = tournaments.get_tournament_page(slug, viewer=request.user)
    now, own = clock.now(), shown.entries.own
    is_entered = own is not None and own.stands
    asked = [] if is_entered else list_asked(shown.tournament, viewer=request.user, now=now)
    invited = [each.team for each in asked]
    box = describe_entry(shown.tournament, shown.entries, request.user, now, invited=invited)
    next_pairing = get_next_pairing(shown.tournament, request.user, is_entered=is_entered)
    more = {"box": box, "asked": asked, "next_pairing": next_pairing}
    return _render(request, "web/tournament.html", shown, slug, tab="tournament", **more)


@sign_in_required
@require_POST
def enter(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a step of one's own entry or one's team's, or take one back; return to the tournament."""
    form = EntryForm(request.POST)
    named = form.require_valid()["team"]
    team = take_step(slug=slug, team=named, deed=form.deed, by=get_person(request), now=clock.now())
    done = DONE[form.deed, team is not None]
    messages.success(request, done % {"team": team.name} if team else done)
    return redirect("tournament", slug)


@require_safe
def show_results(request: HttpRequest, slug: str) -> HttpResponse:
    """Show all official results."""
    shown = tournaments.get_results_page(slug, _page(request), viewer=request.user)
    runs = desks.runs(shown.tournament, request.user)
    told = {"runs": runs, "question": find_question(shown.tournament, viewer=request.user)}
    return _render(request, "web/tournament_results.html", shown, slug, tab="results", **told)


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
    shown = tournaments.get_entered_page(slug, _page(request), viewer=request.user)
    return _render(request, "web/tournament_entrants.html", shown, slug, tab="entrants")


@sign_in_required
@require_safe
def show_entry_changes(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the log of entries and rosters, as far as it concerns the person."""
    shown = get_entry_changes_page(slug, _page(request), viewer=get_person(request))
    return _render(request, "web/tournament_changes.html", shown, slug, tab="changes")


@require_safe
def show_players(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what the players did."""
    shown = tournaments.get_players_page(slug, _page(request), viewer=request.user)
    return _render(request, "web/tournament_players.html", shown, slug, tab="players")


def _render(
    request: HttpRequest,
    template: str,
    shown: TournamentShown,
    slug: str,
    *,
    tab: str,
    **more: Any,
) -> HttpResponse:
    """Render a page of a tournament; redirect from the address with a former slug."""
    event = shown.tournament
    context: dict[str, Any] = {"shown": shown, "event": event, "tab": tab, **more}
    context["decision"] = tournaments.get_decision(event)
    context["runs"] = request.user.is_authenticated and can_organise(event, request.user)
    return redirect_renamed(request, slug=(slug, event.slug)) or render(request, template, context)


def _page(request: HttpRequest) -> str | None:
    return request.GET.get("page") or None
