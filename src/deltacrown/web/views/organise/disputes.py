"""The disputes about a tournament, for who runs it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from deltacrown.moderation.models import Dispute
from deltacrown.pages.dispute_hands import get_disputes_desk
from deltacrown.web.forms.filters import QueueForm
from deltacrown.web.renamed import redirect_renamed
from deltacrown.web.signed_in import get_person, sign_in_required


@sign_in_required
@require_safe
def show_disputes(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the disputes of one status: the open ones unless another is chosen."""
    status = QueueForm(request.GET).filters.get("status", str(Dispute.Status.OPEN))
    shown = get_disputes_desk(slug, status, request.GET.get("page") or None, viewer=get_person(request))
    event = shown.tournament
    context = {
        "found": shown.found,
        "form": QueueForm({"status": status}),
        "tournament": event,
        "tab": "disputes",
    }
    moved = redirect_renamed(request, slug=(slug, event.slug))
    return moved or render(request, "web/organise/disputes.html", context)
