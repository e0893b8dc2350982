"""The page of one pairing for its two sides."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from deltacrown.core import clock
from deltacrown.pages import pairings
from deltacrown.tournaments.models import Pairing
from deltacrown.web.forms.pairings import OutcomeForm
from deltacrown.web.posted import FORM_METHODS, read_posted, send_form
from deltacrown.web.signed_in import get_person, sign_in_required

SAID = {
    Pairing.State.CONFIRMED: _("Both sides say the same: the result is confirmed and recorded."),
    Pairing.State.DIFFERING: _("The other side reported something else; the organiser decides."),
    Pairing.State.REPORTED: _("Reported. It is confirmed when the other side reports the same."),
}


@sign_in_required
@require_http_methods(FORM_METHODS)
def report(request: HttpRequest, slug: str, handle: str) -> HttpResponse:
    """Show a pairing to its sides, who report its result."""
    person, now = get_person(request), clock.now()
    shown = pairings.get_pairing_page(slug, handle, viewer=person, now=now)
    item = shown.item
    form = OutcomeForm(
        [item.first, item.second], item.pairing.best_of, read_posted(request), shown=shown.mine
    )

    def send() -> None:
        outcome = form.cleaned_data["outcome"]
        row = pairings.report(slug=slug, handle=handle, outcome=outcome, by=person, now=now)
        messages.success(request, SAID[Pairing.State(row.state)])

    status = send_form(form, send)
    if status is None:
        return redirect("pairing", slug, handle)
    context = {"shown": shown, "item": item, "event": shown.tournament, "form": form}
    return render(request, "web/pairing.html", context, status=status)
