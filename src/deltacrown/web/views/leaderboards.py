"""The leaderboards."""

from __future__ import annotations

from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_safe

from deltacrown.core import clock
from deltacrown.core.errors import InvalidInput
from deltacrown.pages import leaderboards
from deltacrown.pages.leaderboards import ME, BoardChoice
from deltacrown.web.forms.filters import AroundForm, LeaderboardForm


@require_safe
def show_leaderboard(request: HttpRequest, stat: str) -> HttpResponse:
    """Show one leaderboard, of ``?game=``, ``?period=`` or ``?season=``, ``?as_of=`` and ``?country=``.

    ``?following=1`` ranks the reader and whom they follow. ``?around=`` leads to the page a player is on, by
    public id, or to that of the reader, with ``me``.
    """
    around = AroundForm(request.GET).filters.get("around")
    form = LeaderboardForm(request.GET)
    choice = form.choose(stat)
    page, now = request.GET.get("page") or None, clock.now()
    refused: InvalidInput | None = None
    try:
        if around and page is None:
            found = leaderboards.find_page_around(choice, around, viewer=request.user, now=now)
            return _lead_to(request, found, around)
        shown = leaderboards.get_leaderboard_page(choice, page, viewer=request.user, now=now)
    except InvalidInput as refusal:
        if refusal.field not in form.fields:
            raise
        refused = refusal
        shown = leaderboards.get_leaderboard_page(BoardChoice(stat), None, now=now)

    form.offer(shown, today=now)
    if refused:
        form.add_refusal(refused)

    context = {
        "shown": shown,
        "board": shown.board,
        "period": shown.period,
        "form": form,
        "choice": choice,
    }
    return render(request, "web/leaderboard.html", context, status=400 if refused else 200)


def _lead_to(request: HttpRequest, page: str | None, around: str) -> HttpResponseRedirect:
    """Redirect to a page of the board that was asked for, to the row of a player.

    Who is not on it, and who there is not, are answered alike.
    """
    query = request.GET.copy()
    del query["around"]
    if page:
        query["page"] = page
    own = getattr(getattr(request.user, "profile", None), "public_id", None)
    row = ME if around == own else around
    return HttpResponseRedirect(f"?{query.urlencode()}#{quote(row, safe='')}")
