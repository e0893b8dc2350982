"""Two players head to head, and the choice of the second one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from deltacrown.core.errors import InvalidInput
from deltacrown.pages import search, versus
from deltacrown.user_profile.histories.versus import Record
from deltacrown.user_profile.people.addresses import PUBLIC_ID, get_player
from deltacrown.web.forms.filters import RivalForm, VersusForm
from deltacrown.web.renamed import redirect_moved
from deltacrown.web.small_charts import draw_shares


@require_safe
def show_versus(request: HttpRequest, public_id: str, other: str) -> HttpResponse:
    """Show two players head to head, from the first one's view."""
    form = VersusForm(request.GET)
    shown = versus.get_versus_page(
        public_id, other, form.filters, request.GET.get("page") or None, viewer=request.user
    )
    form.offer_named_games(shown.games)
    context = {
        "shown": shown,
        "profile": shown.profile,
        "other": shown.other,
        "form": form,
        "games": [(each, _draw(each.record)) for each in shown.by_game],
        "shares": {name: _draw(getattr(shown, name)) for name in ("against", "together", "series")},
    }
    moved = redirect_moved(
        request, public_id=(public_id, shown.profile.public_id), other=(other, shown.other.public_id)
    )
    return moved or render(request, "web/versus.html", context)


@require_safe
def choose_rival(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask with whom to compare a player; go there at once where ``?q=`` is a public id."""
    profile = get_player(public_id, viewer=request.user)
    query = RivalForm(request.GET).filters.get("q", "").strip()
    if PUBLIC_ID.fullmatch(query.upper()):
        return redirect("versus", profile.public_id, query.upper())

    moved = redirect_moved(request, public_id=(public_id, profile.public_id))
    context: dict[str, Any] = {"profile": profile, "query": query}
    try:
        found = search.search_players(query, viewer=request.user) if query else None
    except InvalidInput as refusal:
        return render(request, "web/versus_choice.html", {**context, "refusal": refusal.message}, status=400)
    return moved or render(request, "web/versus_choice.html", {**context, "found": found})


def _draw(record: Record) -> list[Any]:
    return draw_shares([("win", record.won), ("draw", record.drawn), ("loss", record.lost)])
