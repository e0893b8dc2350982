"""Pages about one player, and the search for players."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from deltacrown.core import clock
from deltacrown.core.dates import write_day
from deltacrown.core.errors import InvalidInput
from deltacrown.pages import cached, players, search, seasons, stats
from deltacrown.pages.stat_charts import StatChart
from deltacrown.pages.stats import StatHistoryPage
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.numbers.time_axis import By
from deltacrown.user_profile.privacy import HistoryHidden
from deltacrown.web.charts import draw_chart
from deltacrown.web.forms.filters import (
    MatchFilterForm,
    SearchForm,
    SeriesFilterForm,
    StatChartForm,
    StatHistoryForm,
    StatRowFilterForm,
    TournamentFilterForm,
)
from deltacrown.web.refusals import get_form_status
from deltacrown.web.renamed import redirect_moved


@require_safe
def show_search(request: HttpRequest) -> HttpResponse:
    """Show the players found by ``?q=``; without it, the empty search."""
    query = SearchForm(request.GET).filters.get("q", "").strip()
    context = {"query": query, "kind": "players"}
    try:
        found = search.search_players(query, _page(request), viewer=request.user) if query else None
    except InvalidInput as refusal:
        return render(request, "web/players.html", {**context, "refusal": refusal.message}, status=400)
    return render(request, "web/players.html", {**context, "found": found})


@require_safe
def show_profile(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show a player at a glance."""
    shown = cached.get_profile_page(public_id, viewer=request.user)
    context = {"shown": shown, "profile": shown.profile, "tab": "player"}
    return _redirect_merged(request, shown.profile) or render(request, "web/player.html", context)


@require_safe
def show_match_history(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show a player's matches, filtered as the address says."""
    form = MatchFilterForm(request.GET)
    shown = cached.get_matches_page(public_id, form.filters, _page(request), viewer=request.user)
    form.offer_games(shown.games)
    form.offer_seasons(seasons.list_choices(shown.games))
    context = {"shown": shown, "profile": shown.profile, "form": form, "tab": "player-matches"}
    return _redirect_merged(request, shown.profile) or render(request, "web/player_matches.html", context)


@require_safe
def show_series(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show a player's series, filtered as the address says."""
    form = SeriesFilterForm(request.GET)
    shown = players.get_series_page(public_id, form.filters, _page(request), viewer=request.user)
    form.offer_games(shown.games)
    form.offer_seasons(seasons.list_choices(shown.games))
    context = {"shown": shown, "profile": shown.profile, "form": form, "tab": "player-matches"}
    return _redirect_merged(request, shown.profile) or render(request, "web/player_series.html", context)


@require_safe
def show_tournaments(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show the tournaments a player entered, filtered as the address says."""
    form = TournamentFilterForm(request.GET)
    shown = players.get_tournaments_page(public_id, form.filters, _page(request), viewer=request.user)
    form.offer_seasons(seasons.list_choices())
    context = {"shown": shown, "profile": shown.profile, "form": form, "tab": "player-tournaments"}
    return _redirect_merged(request, shown.profile) or render(request, "web/player_tournaments.html", context)


@require_safe
def show_timeline(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show a player's timeline."""
    shown = cached.get_activity_page(public_id, _page(request), viewer=request.user)
    context = {"shown": shown, "profile": shown.profile, "tab": "player-activity"}
    return _redirect_merged(request, shown.profile) or render(request, "web/player_activity.html", context)


@require_safe
def show_stat(request: HttpRequest, public_id: str, stat: str) -> HttpResponse:
    """Show one stat of a player, and the rows behind it."""
    filters = StatRowFilterForm(request.GET).filters
    shown = stats.get_stat_page(
        public_id,
        stat,
        filters,
        _page(request),
        chart=StatChartForm(request.GET).choice,
        viewer=request.user,
        now=clock.now(),
    )
    context = {"shown": shown, "profile": shown.profile, "rows": shown.rows, **_draw(shown.chart)}
    return _redirect_merged(request, shown.profile) or render(request, "web/player_stat.html", context)


@require_safe
def show_stat_history(request: HttpRequest, public_id: str, stat: str) -> HttpResponse:
    """Show the changes of one stat of a player; with ``?as_of=`` or ``?known_at=`` also its value then."""
    now, asked = clock.now(), StatHistoryForm(request.GET)
    form = asked.draw_days(today=now)

    def read(as_of: str | None = None, known_at: str | None = None) -> StatHistoryPage:
        return stats.get_stat_history_page(
            public_id,
            stat,
            _page(request),
            game=asked.filters.get("game"),
            order=asked.filters.get("order"),
            chart=asked.choice,
            viewer=request.user,
            now=now,
            as_of=as_of,
            known_at=known_at,
        )

    status = 200
    try:
        shown = read(*(asked.filters.get(name) for name in form.DAYS))
    except (InvalidInput, HistoryHidden) as refusal:
        if refusal.field not in form.DAYS:
            raise
        form.add_refusal(refusal)
        status, shown = get_form_status(refusal), read()

    context = {"shown": shown, "profile": shown.profile, "history": shown.history, "form": form}
    context |= _draw(shown.chart)
    return _redirect_merged(request, shown.profile) or render(
        request, "web/player_stat_history.html", context, status=status
    )


def _draw(chart: StatChart | None) -> dict[str, Any]:
    """Return a chart with its drawing, as the template takes them."""
    if chart is None:
        return {}

    series = chart.series
    drawing = draw_chart(
        series.points,
        labels=[write_day(point.starts_at) for point in series.points] if series.by is By.WEEK else None,
        unit=series.stat.unit,
        lowest_first=chart.lowest_first,
        is_rolling=series.rolling is not None,
    )
    return {"chart": chart, "drawing": drawing}


def _redirect_merged(request: HttpRequest, profile: UserProfile) -> HttpResponse | None:
    """Return the redirect from the address of an account that was merged into the one shown."""
    asked = request.resolver_match.kwargs["public_id"] if request.resolver_match else profile.public_id
    return redirect_moved(request, public_id=(asked, profile.public_id))


def _page(request: HttpRequest) -> str | None:
    return request.GET.get("page") or None
