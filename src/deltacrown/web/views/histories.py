"""The lists of what a player did: matches, series, tournaments, timeline; filtered as the address says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
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


@dataclass(frozen=True)
class Kind:
    """What the list of one kind of things has of its own.

    :param read: takes a public id, filters, a cursor, ``limit`` and ``viewer``; returns a page with a
        ``profile``, and with ``games`` where the list can be filtered by them.
    :param sum_up: takes the player, filters and ``viewer``; returns what the list comes to. None for a list
        that nothing filters or sums up.
    :param until: the filter by the time before which rows are; empty where no day can be jumped to.
    :param export: the operation of the API that streams the whole list, filtered by the same names.
    """

    form: type[HistoryForm]
    read: Callable[..., Any]
    export: str
    template: str
    tab: str
    sum_up: Callable[..., Any] | None = None
    until: str = ""
    usual: int = USUAL_LIMIT


def _read_activity(public_id: str, _: Mapping[str, Any], page: str | None, **how: Any) -> Any:
    """Return a timeline, which nothing filters."""
    return cached.get_activity_page(public_id, page, **how)


KINDS = {
    "matches": Kind(
        form=MatchFilterForm,
        read=cached.get_matches_page,
        sum_up=read_match_totals,
        until="played_to",
        export="export_player_matches",
        template="web/player_matches.html",
        tab="player-matches",
    ),
    "series": Kind(
        form=SeriesFilterForm,
        read=players.get_series_page,
        sum_up=read_series_totals,
        until="played_to",
        export="export_player_series",
        template="web/player_series.html",
        tab="player-matches",
    ),
    "tournaments": Kind(
        form=TournamentFilterForm,
        read=players.get_tournaments_page,
        sum_up=read_entry_totals,
        until="registered_to",
        usual=USUAL_TOURNAMENTS,
        export="export_player_tournaments",
        template="web/player_tournaments.html",
        tab="player-tournaments",
    ),
    "activity": Kind(
        form=TimelineForm,
        read=_read_activity,
        export="export_player_activity",
        template="web/player_activity.html",
        tab="player-activity",
    ),
}


@require_safe
def show_history(request: HttpRequest, public_id: str, kind: str) -> HttpResponse:
    """Show a list of what a player did, by day where it is told by days, and what it comes to.

    A filter that cannot be taken is told at its field, with status 400. The list is read without it then, for
    the privacy check and for what the form offers, and is not shown.
    """
    what = KINDS[kind]
    form, page, status = what.form(request.GET), request.GET.get("page") or None, 200
    try:
        limit = form.read_limit(what.usual)
        filters = form.start_at_day(what.until) if what.until else form.filters
        shown = what.read(public_id, filters, page, limit=limit, viewer=request.user)
    except InvalidInput as refusal:
        if refusal.field not in form.fields:
            raise
        form.add_refusal(refusal)
        status, shown = 400, what.read(public_id, {}, None, limit=what.usual, viewer=request.user)

    context = {"shown": shown, "profile": shown.profile, "form": form, "filters": form.filters}
    context |= {"status": status, "tab": what.tab, "is_first": page is None}
    if what.sum_up is not None:
        _offer_choices(form, shown)
        if status == 200 and page is None:
            context["totals"] = what.sum_up(shown.profile.user, form.filters, viewer=request.user)
    if status == 200:
        context["exports"] = _list_exports(what, shown.profile, form)
    return _redirect_merged(request, shown.profile) or render(request, what.template, context, status=status)


def _offer_choices(form: HistoryForm, shown: Any) -> None:
    """Set the games and seasons that a form offers: those of the player, where the page has them."""
    games = getattr(shown, "games", None)
    if games is not None:
        form.offer_games(games)
    form.offer_seasons(seasons.list_choices(games) if games is not None else seasons.list_choices())


def _list_exports(what: Kind, profile: UserProfile, form: HistoryForm) -> dict[str, str]:
    """Return format → the address of the list in it: all that fit the filters, from no day and page on."""
    address = reverse(f"api:{what.export}", args=[profile.public_id])
    return {each: f"{address}?{urlencode({**form.filters, 'format': each})}" for each in ("csv", "ndjson")}


def _redirect_merged(request: HttpRequest, profile: UserProfile) -> HttpResponse | None:
    """Return the redirect from the address of an account that was merged into the one shown; else None."""
    asked = request.resolver_match.kwargs["public_id"] if request.resolver_match else profile.public_id
    return redirect_moved(request, public_id=(asked, profile.public_id))
