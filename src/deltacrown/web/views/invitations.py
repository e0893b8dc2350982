"""A player's own invitations to tournaments, and their answers."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from deltacrown.core import clock
from deltacrown.pages import invitations
from deltacrown.tournaments.models import TournamentInvitation
from deltacrown.web.forms.invitations import AnswerForm
from deltacrown.web.posted import FORM_METHODS, read_posted, send_form
from deltacrown.web.signed_in import get_person, sign_in_required

Status = TournamentInvitation.Status


@sign_in_required
@require_http_methods(FORM_METHODS)
def show_own(request: HttpRequest) -> HttpResponse:
    """Show the invitations of the player, and of the teams they act for; answer one by a POST."""
    person, now = get_person(request), clock.now()
    form = AnswerForm(read_posted(request))
    answered: list[TournamentInvitation] = []

    def send() -> None:
        handle = form.cleaned_data["invitation"]
        answered.append(invitations.answer_invitation(handle=handle, accept=form.accepts, by=person, now=now))

    status = send_form(form, send)
    if status is None:
        return _lead_on(request, answered[0])
    found = invitations.list_own_invitations(request.GET.get("page") or None, viewer=person, now=now)
    return render(request, "web/invitations.html", {"found": found, "form": form}, status=status)


def _lead_on(request: HttpRequest, row: TournamentInvitation) -> HttpResponse:
    if row.status == Status.ACCEPTED:
        said = _("You are registered. Withdraw, below, undoes it.")
        if row.team is not None:
            said = _("%(team)s is registered. Withdraw, below, undoes it.") % {"team": row.team.name}
        messages.success(request, said)
        return redirect("tournament", row.tournament.slug)
    said = _("The invitation to %(tournament)s is declined. While entries are taken you can still register.")
    if row.status == Status.TAKEN_BACK:
        said = _("The invitation to %(tournament)s was taken back before.")
    messages.success(request, said % {"tournament": row.tournament.name})
    return redirect("invitations")
