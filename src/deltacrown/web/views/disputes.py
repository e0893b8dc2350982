"""Disputes: one's own, filing one, and the moderators' queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from deltacrown.accounts.models import User
from deltacrown.core import clock
from deltacrown.core.errors import Conflict, DomainError
from deltacrown.games.models import MatchRow
from deltacrown.moderation.models import Dispute
from deltacrown.moderation.services import MayNotResolve, NotAParticipant
from deltacrown.pages import disputes

FORM_METHODS = ["GET", "HEAD", "POST"]
#: What a moderator is told when it is done.
RESOLVED = {
    Dispute.Status.UPHELD: "Upheld. Everything that follows from it is done.",
    Dispute.Status.REJECTED: "Rejected. The reporter reads your answer.",
}


@login_required
@require_safe
def show_own(request: HttpRequest) -> HttpResponse:
    """The disputes the player filed."""
    found = disputes.list_own_disputes(request.GET.get("page") or None, viewer=_person(request))
    return render(request, "web/disputes.html", {"found": found})


@login_required
@require_http_methods(FORM_METHODS)
def dispute_match(request: HttpRequest, game: str, match_key: str) -> HttpResponse:
    """File a dispute about a match the player was in; a refusal is told beside what they wrote."""
    person, reason = _person(request), request.POST.get("reason", "")
    form = disputes.get_match_form(game, match_key, viewer=person, now=clock.now())
    context = {"form": form, "match": form.match, "reason": reason}
    if request.method != "POST":
        return render(request, "web/dispute_match.html", context)

    def file() -> Dispute:
        return disputes.file_match_dispute(game=game, match_key=match_key, reason=reason, reporter=person, now=clock.now())

    return _try(request, file, "web/dispute_match.html", context)


@login_required
@require_http_methods(FORM_METHODS)
def dispute_result(request: HttpRequest, slug: str) -> HttpResponse:
    """File a dispute about a result of a tournament the player competed in."""
    person, reason, result = _person(request), request.POST.get("reason", ""), request.POST.get("result", "")
    form = disputes.get_results_to_dispute(slug, viewer=person, now=clock.now())
    context = {"form": form, "reason": reason, "chosen": result}
    if request.method != "POST":
        return render(request, "web/dispute_result.html", context)

    def file() -> Dispute:
        return disputes.file_result_dispute(slug=slug, result=result, reason=reason, reporter=person, now=clock.now())

    return _try(request, file, "web/dispute_result.html", context)


@login_required
@require_safe
def show_queue(request: HttpRequest) -> HttpResponse:
    """Everybody's disputes of one status, for moderators: the open ones unless another is asked for."""
    status = request.GET.get("status") or Dispute.Status.OPEN
    found = disputes.list_queue(status, request.GET.get("page") or None, viewer=_person(request))
    return render(request, "web/dispute_queue.html", {"found": found, "status": status, "statuses": Dispute.Status.choices})


@login_required
@require_http_methods(FORM_METHODS)
def review(request: HttpRequest, handle: str) -> HttpResponse:
    """A dispute before a moderator, who upholds or rejects it."""
    person = _person(request)
    shown = disputes.get_review(handle, viewer=person)
    context = {"review": shown, "dispute": shown.line.dispute, "results": MatchRow.Result.choices, "given": request.POST}
    if request.method != "POST":
        return render(request, "web/dispute_review.html", context)
    try:
        resolved = disputes.resolve_dispute(handle=handle, form=request.POST.dict(), by=person, now=clock.now())
    except DomainError as refusal:
        return _refuse(request, refusal, "web/dispute_review.html", context)
    messages.success(request, RESOLVED[Dispute.Status(resolved.status)])
    return redirect("dispute-queue")


def _try(request: HttpRequest, file: Callable[[], Dispute], template: str, context: dict[str, Any]) -> HttpResponse:
    try:
        file()
    except DomainError as refusal:
        return _refuse(request, refusal, template, context)
    messages.success(request, "Filed. A moderator will look at it; the answer appears here.")
    return redirect("disputes")


def _refuse(request: HttpRequest, refusal: DomainError, template: str, context: dict[str, Any]) -> HttpResponse:
    is_forbidden = isinstance(refusal, MayNotResolve | NotAParticipant)
    status = 403 if is_forbidden else 409 if isinstance(refusal, Conflict) else 400
    return render(request, template, {**context, "refusal": refusal.message}, status=status)


def _person(request: HttpRequest) -> User:
    assert request.user.is_authenticated  # noqa: S101 - for the type checker; login_required saw to it
    return request.user
