"""The invitations to a tournament, as who runs it has them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from deltacrown.core import clock
from deltacrown.pages import desk_invitations
from deltacrown.pages.desk_invitations import NamedInvitation
from deltacrown.pages.desks import get_desk
from deltacrown.web.forms.invitations import InviteForm
from deltacrown.web.posted import FORM_METHODS, read_posted, send_form
from deltacrown.web.renamed import redirect_renamed
from deltacrown.web.signed_in import get_person, sign_in_required


@sign_in_required
@require_http_methods(FORM_METHODS)
def show_invitations(request: HttpRequest, slug: str) -> HttpResponse:
    """Show who is invited; invite by a POST, which says what came of each name, or take one back."""
    person, now = get_person(request), clock.now()
    event = get_desk(slug, viewer=person)
    form = InviteForm(read_posted(request))
    outcome: list[NamedInvitation] = []

    def send() -> None:
        given = form.cleaned_data
        if not form.takes_back:
            outcome.extend(desk_invitations.invite_named(slug=slug, names=given["names"], by=person, now=now))
        elif desk_invitations.take_back(slug=slug, handle=given["invitation"], by=person, now=now):
            messages.success(request, _("The invitation is taken back. “Invite again” undoes it."))
        else:
            messages.success(request, _("There was nothing to take back: it was answered, or taken back."))

    status = send_form(form, send)
    if status is None and form.takes_back:
        return redirect("organise-invitations", event.slug)
    page = request.GET.get("page") or None
    shown = desk_invitations.get_invitations_desk(slug, page, viewer=person, now=now)
    if outcome:
        form = InviteForm()
    context = {"shown": shown, "tournament": shown.tournament, "tab": "entrants", "form": form}
    context |= {"found": shown.lines, "outcome": outcome}
    moved = redirect_renamed(request, slug=(slug, shown.tournament.slug))
    return moved or render(request, "web/organise/invitations.html", context, status=status or 200)
