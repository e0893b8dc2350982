"""The lists of what a player did: matches, series, tournaments, timeline; filtered as the address says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from deltacrown.core.errors import InvalidInput
from deltacrown.pages import cached, players, seasons
from deltacrown.pages.history_totals import read_entry_totals, read_match_totals, read_series_totals
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.shared import USUAL_LIMIT
from deltacrown.web.forms.filters import (
    HistoryForm,
    MatchFilterForm,
    SeriesFilterForm,
    TimelineForm,
    TournamentFilterForm,
)
from deltacrown.web.renamed import redirect_moved

USUAL_TOURNAMENTS = 20

#: Takes filters, a cursor and a number of rows; returns a page with a ``profile``.
Read = Callable[[Mapping[str, Any], "str | None", int], Any]


@require_safe
def show_matches(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show a player's matches, by day, and what they come to."""

    def read(filters: Mapping[str, Any], page: str | None, limit: int) -> Any:
        return cached.get_matches_page(public_id, filters, page, limit=limit, viewer=request.user)

    form = MatchFilterForm(request.GET)
    context = _read(request, form, read, until="played_to")
    form.offer_games(context["shown"].games)
    form.offer_seasons(seasons.list_choices(context["shown"].games))
    if context["has_totals"]:
        user = context["profile"].user
        context["totals"] = read_match_totals(user, form.filters, viewer=request.user)
    # The API streams what the filters leave, by the same names; a page or a day of the list is no filter.
    context["export"] = {each: urlencode({**form.filters, "format": each}) for each in ("csv", "ndjson")}
    return _answer(request, "web/player_matches.html", context, tab="player-matches")


@require_safe
def show_series(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show a player's series, by day, and what they come to."""

    def read(filters: Mapping[str, Any], page: str | None, limit: int) -> Any:
        return players.get_series_page(public_id, filters, page, limit=limit, viewer=request.user)

    form = SeriesFilterForm(request.GET)
    context = _read(request, form, read, until="played_to")
    form.offer_games(context["shown"].games)
    form.offer_seasons(seasons.list_choices(context["shown"].games))
    if context["has_totals"]:
        user = context["profile"].user
        context["totals"] = read_series_totals(user, form.filters, viewer=request.user)
    return _answer(request, "web/player_series.html", context, tab="player-matches")


@require_safe
def show_tournaments(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show the tournaments a player entered, and what came of them."""

    def read(filters: Mapping[str, Any], page: str | None, limit: int) -> Any:
        return players.get_tournaments_page(public_id, filters, page, limit=limit, viewer=request.user)

    form = TournamentFilterForm(request.GET)
    context = _read(request, form, read, until="registered_to", usual=USUAL_TOURNAMENTS)
    form.offer_seasons(seasons.list_choices())
    if context["has_totals"]:
        user = context["profile"].user
        context["totals"] = read_entry_totals(user, form.filters, viewer=request.user)
    return _answer(request, "web/player_tournaments.html", context, tab="player-tournaments")


@require_safe
def show_timeline(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show a player's timeline, by day."""

    def read(_: Mapping[str, Any], page: str | None, limit: int) -> Any:
        return cached.get_activity_page(public_id, page, limit=limit, viewer=request.user)

    context = _read(request, TimelineForm(request.GET), read)
    return _answer(request, "web/player_activity.html", context, tab="player-activity")


def _read(
    request: HttpRequest, form: HistoryForm, read: Read, *, until: str = "", usual: int = USUAL_LIMIT
) -> dict[str, Any]:
    """Return what a page shows: the list asked for, or why a field of the form cannot be taken.

    A filter that cannot be taken is told at its field, with status 400. The list is read without it then, for
    the privacy check and for what the form offers, and is not shown.

    :param until: the filter by the time before which rows are; empty where no day can be jumped to.
    """
    page = request.GET.get("page") or None
    status, filters = 200, form.filters
    try:
        limit = form.read_limit(usual)
        shown = read(form.start_at_day(until) if until else filters, page, limit)
    except InvalidInput as refusal:
        if refusal.field not in form.fields:
            raise
        form.add_refusal(refusal)
        status, shown = 400, read({}, None, usual)

    return {
        "shown": shown,
        "profile": shown.profile,
        "form": form,
        "filters": filters,
        "status": status,
        "has_totals": status == 200 and page is None,
    }


def _answer(request: HttpRequest, template: str, context: dict[str, Any], *, tab: str) -> HttpResponse:
    """Return the page, or the redirect from the address of an account that was merged into the one shown."""
    profile: UserProfile = context["profile"]
    asked = request.resolver_match.kwargs["public_id"] if request.resolver_match else profile.public_id
    moved = redirect_moved(request, public_id=(asked, profile.public_id))
    return moved or render(request, template, {**context, "tab": tab}, status=context["status"])
