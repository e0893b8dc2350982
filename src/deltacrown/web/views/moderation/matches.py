"""A match on the bench: voided, restored, corrected, its lines moved, after a look at what changes."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from deltacrown.core import clock
from deltacrown.pages import bench_matches
from deltacrown.pages.dispute_evidence import RULINGS_SHOWN, list_rulings_of_match
from deltacrown.web.forms.bench_matches import MatchRulingForm, list_undo_fields
from deltacrown.web.posted import FORM_METHODS, read_posted, send_form
from deltacrown.web.renamed import redirect_renamed
from deltacrown.web.signed_in import get_person, sign_in_required


@sign_in_required
@require_http_methods(FORM_METHODS)
def rule(request: HttpRequest, game: str, match_key: str) -> HttpResponse:
    """Show all lines of a match to staff who may change it, and what a ruling changes; then make it."""
    person = get_person(request)
    shown = bench_matches.get_match_bench(game, match_key, viewer=person)
    posted = read_posted(request)
    moved = redirect_renamed(request, game=(game, shown.game.slug)) if posted is None else None
    if moved is not None:
        return moved
    form = MatchRulingForm(shown.rows, posted)
    context: dict[str, Any] = {"tab": "matches"}

    def send() -> None:
        outcome = bench_matches.rule_match(
            bench=shown,
            ruling=form.get_ruling(),
            reason=form.cleaned_data["reason"],
            seen=form.seen_given,
            viewer=person,
            now=clock.now(),
        )
        context.update(outcome=outcome, consequences=outcome.consequences, is_done=outcome.is_done)
        if outcome.undo is not None:
            context["undo"] = list_undo_fields(outcome.undo, form.cleaned_data["reason"])

    status = send_form(form, send) or 200
    if context.get("is_done"):
        shown = bench_matches.get_match_bench(shown.game.slug, shown.match_key, viewer=person)
        form = MatchRulingForm(shown.rows)
    elif "outcome" in context and context["outcome"].is_stale:
        status = 409
    rulings = list_rulings_of_match(shown.rows, viewer=person, limit=RULINGS_SHOWN)
    context |= {"shown": shown, "form": form, "rulings": rulings}
    return render(request, "web/moderation/match.html", context, status=status)
