"""The leaderboards."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe

from deltacrown.core import clock
from deltacrown.core.errors import InvalidInput
from deltacrown.pages import leaderboards
from deltacrown.pages.leaderboards import BoardChoice
from deltacrown.web.forms.filters import LeaderboardForm


@require_safe
def show_leaderboard(request: HttpRequest, stat: str) -> HttpResponse:
    """Show one leaderboard, of ``?game=``, ``?period=`` or ``?season=``, ``?as_of=`` and ``?country=``.

    ``?following=1`` ranks the reader and whom they follow, ``?around=me`` leads to the page the reader is on.
    """
    form = LeaderboardForm(request.GET)
    choice = form.choose(stat)
    page, now = request.GET.get("page") or None, clock.now()
    refused: InvalidInput | None = None
    try:
        if "around" in request.GET and page is None:
            return _lead_to(request.GET, leaderboards.find_page_around(choice, viewer=request.user, now=now))
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


def _lead_to(asked: QueryDict, page: str | None) -> HttpResponseRedirect:
    """Redirect to a page of the board that was asked for, to the row of the reader."""
    query = asked.copy()
    del query["around"]
    if page:
        query["page"] = page
    return HttpResponseRedirect(f"?{query.urlencode()}#me")
