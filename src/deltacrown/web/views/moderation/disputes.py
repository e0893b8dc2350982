"""The bench for disputes: the queue of all, and the review of one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from deltacrown.core import clock
from deltacrown.core.errors import InvalidInput
from deltacrown.moderation.models import Dispute
from deltacrown.pages import dispute_hands, disputes
from deltacrown.pages.dispute_hands import Hand
from deltacrown.pages.disputes import Whose
from deltacrown.web.forms.disputes import HandForm, ReviewForm
from deltacrown.web.forms.filters import BenchQueueForm
from deltacrown.web.posted import FORM_METHODS, read_posted, send_form
from deltacrown.web.signed_in import get_person, sign_in_required

RESOLVED = {
    Dispute.Status.UPHELD: _("Upheld, and the remedy is applied."),
    Dispute.Status.REJECTED: _("Rejected. The reporter reads your answer."),
}
HANDED = {
    Hand.CLAIM: _("It is yours. You can give it back here."),
    Hand.RELEASE: _("Nobody has it in hand now. You can take it on again."),
    Hand.ASSIGN: _("It is given over. Whoever may resolve it can give it to somebody else."),
}


@sign_in_required
@require_safe
def show_queue(request: HttpRequest) -> HttpResponse:
    """Show everybody's disputes of one status to moderators: the open ones unless they choose another."""
    asked = BenchQueueForm(request.GET).filters
    status, whose = asked.get("status", str(Dispute.Status.OPEN)), asked.get("whose", str(Whose.ALL))
    page, person = request.GET.get("page") or None, get_person(request)
    by, about = asked.get("by", ""), asked.get("about", "")
    found = disputes.list_queue(status, page, whose=whose, by=by, about=about, viewer=person)
    form = BenchQueueForm({"status": status, "whose": whose, "by": by, "about": about})
    return render(request, "web/moderation/queue.html", {"found": found, "form": form, "tab": "disputes"})


@sign_in_required
@require_http_methods(FORM_METHODS)
def review_dispute(request: HttpRequest, handle: str) -> HttpResponse:
    """Show a dispute to a moderator, or who runs its tournament; they uphold or reject it."""
    person = get_person(request)
    shown = disputes.get_review(handle, viewer=person)
    form = ReviewForm(shown, read_posted(request))
    event = shown.tournament
    context: dict[str, Any] = {
        "review": shown,
        "dispute": shown.line.dispute,
        "form": form,
        "hand": HandForm(shown.resolvers),
        "handle": handle,
        "tab": "disputes",
        "tournament": event,
        "frame": "web/organise/base.html" if event else "web/moderation/base.html",
    }

    def resolve() -> None:
        remedy, given = form.get_remedy(), form.cleaned_data
        what = {"handle": handle, "resolution": given["resolution"], "by": person, "now": clock.now()}
        if remedy is not None and given["decision"] == form.PREVIEW:
            context["consequences"] = disputes.preview_upholding(remedy=remedy, **what)
            return
        if remedy is None:
            disputes.resolve_dispute(remedy=None, **what)
            messages.success(request, RESOLVED[Dispute.Status.REJECTED])
            return
        context["consequences"] = disputes.uphold_dispute(remedy=remedy, **what)
        context["is_done"] = True
        messages.success(request, RESOLVED[Dispute.Status.UPHELD])

    status = send_form(form, resolve)
    if status is None and "consequences" not in context:
        return redirect("organise-disputes", event.slug) if event else redirect("dispute-queue")
    if context.get("is_done"):
        after = disputes.get_review(handle, viewer=person)
        context |= {"review": after, "dispute": after.line.dispute}
    return render(request, "web/moderation/review.html", context, status=status or 200)


@sign_in_required
@require_POST
def hand_over(request: HttpRequest, handle: str) -> HttpResponse:
    """Take a dispute on, give it back, or give it to somebody; then show it."""
    form = HandForm(data=request.POST)
    if not form.is_valid():
        raise InvalidInput(gettext("Choose what is to be done with the dispute."), field="do")
    hand, to = Hand(form.cleaned_data["do"]), form.cleaned_data["to"]
    dispute_hands.hand_dispute(handle=handle, hand=hand, to=to, by=get_person(request), now=clock.now())
    messages.success(request, HANDED[hand])
    return redirect("dispute-review", handle)
