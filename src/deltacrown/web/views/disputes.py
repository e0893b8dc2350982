"""Disputes: one's own, filing one, and the moderators' queue."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from deltacrown.core import clock
from deltacrown.moderation.models import Dispute
from deltacrown.pages import disputes
from deltacrown.web.forms.disputes import MatchDisputeForm, ResultDisputeForm, ReviewForm
from deltacrown.web.forms.filters import QueueForm
from deltacrown.web.posted import FORM_METHODS, read_posted, send_form
from deltacrown.web.signed_in import get_person, sign_in_required

FILED = _("Filed. A moderator will look at it; the answer appears here.")
RESOLVED = {
    Dispute.Status.UPHELD: _("Upheld, and the remedy is applied."),
    Dispute.Status.REJECTED: _("Rejected. The reporter reads your answer."),
}


@sign_in_required
@require_safe
def show_own(request: HttpRequest) -> HttpResponse:
    """Show the disputes the player filed."""
    found = disputes.list_own_disputes(_page(request), viewer=get_person(request))
    return render(request, "web/disputes.html", {"found": found})


@sign_in_required
@require_http_methods(FORM_METHODS)
def dispute_match(request: HttpRequest, game: str, match_key: str) -> HttpResponse:
    """File a dispute about a match the player was in."""
    person, now = get_person(request), clock.now()
    shown = disputes.get_match_dispute_page(game, match_key, viewer=person, now=now)
    form = MatchDisputeForm(read_posted(request))

    def file() -> None:
        disputes.file_match_dispute(
            game=game,
            match_key=match_key,
            reason=form.cleaned_data["reason"],
            reporter=person,
            now=now,
        )
        messages.success(request, FILED)

    status = send_form(form, file)
    if status is None:
        return redirect("disputes")
    context = {"shown": shown, "match": shown.match, "form": form}
    return render(request, "web/dispute_match.html", context, status=status)


@sign_in_required
@require_http_methods(FORM_METHODS)
def dispute_result(request: HttpRequest, slug: str) -> HttpResponse:
    """File a dispute about a result of a tournament the player competed in."""
    person, now = get_person(request), clock.now()
    shown = disputes.get_result_dispute_page(slug, viewer=person, now=now)
    form = ResultDisputeForm(shown.choices, read_posted(request))

    def file() -> None:
        reason = form.cleaned_data["reason"]
        disputes.file_result_dispute(slug=slug, **form.entrant, reason=reason, reporter=person, now=now)
        messages.success(request, FILED)

    status = send_form(form, file)
    if status is None:
        return redirect("disputes")
    return render(request, "web/dispute_result.html", {"shown": shown, "form": form}, status=status)


@sign_in_required
@require_safe
def show_queue(request: HttpRequest) -> HttpResponse:
    """Show everybody's disputes of one status to moderators: the open ones unless they choose another."""
    status = QueueForm(request.GET).filters.get("status", str(Dispute.Status.OPEN))
    found = disputes.list_queue(status, _page(request), viewer=get_person(request))
    form = QueueForm({"status": status})
    return render(request, "web/dispute_queue.html", {"found": found, "form": form})


@sign_in_required
@require_http_methods(FORM_METHODS)
def review_dispute(request: HttpRequest, handle: str) -> HttpResponse:
    """Show a dispute to a moderator, who upholds or rejects it."""
    person = get_person(request)
    shown = disputes.get_review(handle, viewer=person)
    form = ReviewForm(shown, read_posted(request))

    def resolve() -> None:
        dispute = disputes.resolve_dispute(
            handle=handle,
            remedy=form.get_remedy(),
            resolution=form.cleaned_data["resolution"],
            by=person,
            now=clock.now(),
        )
        messages.success(request, RESOLVED[Dispute.Status(dispute.status)])

    status = send_form(form, resolve)
    if status is None:
        return redirect("dispute-queue")
    context = {"review": shown, "dispute": shown.line.dispute, "form": form}
    return render(request, "web/dispute_review.html", context, status=status)


def _page(request: HttpRequest) -> str | None:
    return request.GET.get("page") or None
