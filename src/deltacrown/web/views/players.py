"""A player at a glance and by number, and the search for players; ``histories`` has the lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from deltacrown.core import clock
from deltacrown.core.dates import write_day
from deltacrown.core.errors import InvalidInput
from deltacrown.freshness.bodies import Parts
from deltacrown.pages import cached, company, search, stats
from deltacrown.pages.overviews import OverviewPage
from deltacrown.pages.stat_charts import ChartChoice, StatChart, describe_ruling
from deltacrown.pages.stats import StatHistoryPage, StatPage
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.numbers.explanation import MatchVerdict
from deltacrown.user_profile.numbers.time_axis import By
from deltacrown.user_profile.privacy import HistoryHidden
from deltacrown.web.charts import draw_chart
from deltacrown.web.forms.filters import (
    OneGameForm,
    SearchForm,
    StatChartForm,
    StatHistoryForm,
    StatRowFilterForm,
)
from deltacrown.web.kept import answer, get_stamp, is_for_visitors, name_variant, render_parts
from deltacrown.web.profile_charts import draw_overview, measure_level
from deltacrown.web.refusals import get_form_status
from deltacrown.web.renamed import redirect_moved


@require_safe
def show_search(request: HttpRequest) -> HttpResponse:
    """Show the players found by ``?q=``; without it, the empty search."""
    query = SearchForm(request.GET).filters.get("q", "").strip()
    context = {"query": query, "kind": "players", "is_short": len(query) < search.SHORTEST_INSIDE}
    try:
        found = search.search_players(query, _page(request), viewer=request.user) if query else None
    except InvalidInput as refusal:
        return render(request, "web/players.html", {**context, "refusal": refusal.message}, status=400)
    return render(request, "web/players.html", {**context, "found": found})


@require_safe
def show_profile(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show a player at a glance, over all games or in that of ``?game=``."""
    asked, now = OneGameForm(request.GET).filters.get("game"), clock.now()
    if not is_for_visitors(request):
        page = cached.get_overview_page(public_id, asked, viewer=request.user, now=now)
        redirect = _redirect_merged(request, page.shown.profile)
        return redirect or render(request, "web/player.html", _describe_overview(page))

    def make(page: OverviewPage) -> Parts:
        if redirect := _redirect_merged(request, page.shown.profile):
            raise _Redirected(redirect)
        return render_parts(request, "web/player.html", _describe_overview(page))

    try:
        parts = cached.get_overview_body(
            public_id, asked, make, variant=name_variant(request), now=now, stamp=get_stamp(request)
        )
    except _Redirected as found:
        return found.response
    return answer(request, parts)


class _Redirected(Exception):
    """The page is at another address."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


def _describe_overview(page: OverviewPage) -> dict[str, Any]:
    shown = page.shown
    return {
        "page": page,
        "shown": shown,
        "profile": shown.profile,
        "tab": "player",
        "is_own_secret": page.is_own_secret,
        "drawn": draw_overview(page),
        "level": measure_level(shown.profile.experience_points, shown.profile.level),
    }


@require_safe
def show_company(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show whom a player meets most, over all games or in that of ``?game=``; a profile takes it in too."""
    shown = company.get_company_page(
        public_id, OneGameForm(request.GET).filters.get("game"), viewer=request.user
    )
    context = {"shown": shown, "profile": shown.profile, "tab": "player-company"}
    return _redirect_merged(request, shown.profile) or render(request, "web/player_company.html", context)


@require_safe
def show_stat(request: HttpRequest, public_id: str, stat: str) -> HttpResponse:
    """Show one stat of a player, and the rows behind it; with ``?match=`` whether that match counts.

    A filter that cannot be taken is told at its field, with status 400, and no rows are shown.
    """
    form, now = StatRowFilterForm(request.GET), clock.now()

    def read(filters: Mapping[str, Any], page: str | None, chart: ChartChoice | None) -> StatPage:
        return stats.get_stat_page(public_id, stat, filters, page, chart=chart, viewer=request.user, now=now)

    is_refused = False
    try:
        shown = read(form.filters, _page(request), StatChartForm(request.GET).choice)
    except InvalidInput as refusal:
        if refusal.field not in form.list_names(stats.get_rows_kind(stat)):
            raise
        form.add_refusal(refusal)
        is_refused, shown = True, read({}, None, None)

    rows = shown.rows
    form.offer_games(shown.games)
    form.offer_seasons(shown.seasons)
    context = {"shown": shown, "profile": shown.profile, "rows": rows, "form": form}
    context |= {"is_refused": is_refused, "drawn": form.list_drawn(rows.kind), **_draw(shown.chart)}
    if rows.kind == "matches" and not is_refused and "match" in form.asked:
        context["verdict"] = _explain_match(request, form, shown)
    status = 400 if form.errors else 200
    return _redirect_merged(request, shown.profile) or render(
        request, "web/player_stat.html", context, status=status
    )


def _explain_match(request: HttpRequest, form: StatRowFilterForm, shown: StatPage) -> MatchVerdict | None:
    """Return whether the match asked for counts; ``None`` where the form says that there is none."""
    rows = shown.rows
    try:
        return stats.explain_match_of(
            shown.profile, rows.stat.name, form.asked["match"], game=rows.game, viewer=request.user
        )
    except InvalidInput as refusal:
        form.add_refusal(refusal)
        return None


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
        rulings=[[describe_ruling(ruling) for ruling in rulings] for rulings in chart.rulings],
    )
    return {"chart": chart, "drawing": drawing}


def _redirect_merged(request: HttpRequest, profile: UserProfile) -> HttpResponse | None:
    """Return the redirect from the address of an account that was merged into the one shown."""
    asked = request.resolver_match.kwargs["public_id"] if request.resolver_match else profile.public_id
    return redirect_moved(request, public_id=(asked, profile.public_id))


def _page(request: HttpRequest) -> str | None:
    return request.GET.get("page") or None
