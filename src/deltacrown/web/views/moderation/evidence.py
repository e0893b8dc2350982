"""The lists behind a review: what parties said, and what was decided about the same before."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from deltacrown.pages import bench_matches, dispute_evidence, disputes
from deltacrown.tournaments.models import Tournament
from deltacrown.web.renamed import redirect_renamed
from deltacrown.web.signed_in import get_person, sign_in_required


@sign_in_required
@require_safe
def show_statements(request: HttpRequest, handle: str) -> HttpResponse:
    """Show all that parties of a dispute said of it."""
    dispute, event = disputes.get_behind_review(handle, viewer=get_person(request))
    found = dispute_evidence.list_said(dispute, _page(request))
    context = {"found": found, "handle": handle, **_frame(event)}
    return render(request, "web/moderation/statements.html", context)


@sign_in_required
@require_safe
def show_rulings(request: HttpRequest, handle: str) -> HttpResponse:
    """Show all that was decided about what is disputed."""
    person = get_person(request)
    dispute, event = disputes.get_behind_review(handle, viewer=person)
    found = dispute_evidence.list_rulings_of_dispute(dispute, _page(request), viewer=person)
    context = {"found": found, "handle": handle, **_frame(event)}
    return render(request, "web/moderation/rulings.html", context)


@sign_in_required
@require_safe
def show_match_rulings(request: HttpRequest, game: str, match_key: str) -> HttpResponse:
    """Show all that was decided about a match."""
    person = get_person(request)
    shown = bench_matches.get_match_bench(game, match_key, viewer=person)
    found = dispute_evidence.list_rulings_of_match(shown.rows, _page(request), viewer=person)
    context = {"found": found, "shown": shown, "tab": "matches", "frame": "web/moderation/base.html"}
    moved = redirect_renamed(request, game=(game, shown.game.slug))
    return moved or render(request, "web/moderation/rulings.html", context)


def _frame(event: Tournament | None) -> dict[str, object]:
    frame = "web/organise/base.html" if event else "web/moderation/base.html"
    return {"frame": frame, "tournament": event, "tab": "disputes"}


def _page(request: HttpRequest) -> str | None:
    return request.GET.get("page") or None
