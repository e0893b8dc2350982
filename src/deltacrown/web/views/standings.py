"""The standing of a player: shown to staff, who suspend, lift, close and reopen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from deltacrown.core import clock
from deltacrown.core.errors import InvalidInput
from deltacrown.pages.standings import StandingPage, get_standing_page
from deltacrown.user_profile.people import standings
from deltacrown.web.forms import PageForm
from deltacrown.web.forms.account import ReasonForm, SuspendForm
from deltacrown.web.posted import FORM_METHODS, send_form
from deltacrown.web.signed_in import get_person, sign_in_required


class Decision(NamedTuple):
    """What staff can decide about a standing: its form, its service, and what is said of it afterwards."""

    form: type[PageForm]
    service: Callable[..., object]
    said: Promise


DECISIONS = {
    "suspend": Decision(SuspendForm, standings.suspend_player, _("Suspended.")),
    "lift": Decision(ReasonForm, standings.lift_suspension, _("The suspension is lifted.")),
    "close": Decision(ReasonForm, standings.close_account, _("The account is closed.")),
    "reopen": Decision(ReasonForm, standings.reopen_account, _("The account is open again.")),
}


@sign_in_required
@require_http_methods(FORM_METHODS)
def change_standing(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show a player's standing and its log to staff, who may change it."""
    person, now = get_person(request), clock.now()
    page = request.GET.get("page") or None
    shown = get_standing_page(public_id, page, viewer=person, now=now)
    forms = {name: decision.form(initial=_read_initial(name, shown)) for name, decision in DECISIONS.items()}
    status = 200

    if request.method == "POST":
        name = request.POST.get("do", "")
        form = forms[name] = _read_decision(name).form(request.POST)
        answer = send_form(form, lambda: _decide(request, name, form, shown, by=person, now=now))
        if answer is None:
            return redirect("player-standing", public_id)
        status = answer

    problems = [problem for form in forms.values() if form.is_bound for problem in form.problems]
    context = {"shown": shown, "profile": shown.profile, "forms": forms, "problems": problems}
    return render(request, "web/player_standing.html", context, status=status)


def _decide(request: HttpRequest, name: str, form: PageForm, shown: StandingPage, **who: Any) -> None:
    DECISIONS[name].service(user=shown.profile.user, **form.cleaned_data, **who)
    messages.success(request, str(DECISIONS[name].said))


def _read_decision(name: str) -> Decision:
    if name not in DECISIONS:
        sentence = gettext("There is no decision %(name)s: use %(names)s.")
        message = sentence % {"name": repr(name[:40]), "names": ", ".join(DECISIONS)}
        raise InvalidInput(message, field="do")
    return DECISIONS[name]


def _read_initial(name: str, shown: StandingPage) -> dict[str, Any]:
    """Return the end and the reason of a suspension, for the form that changes it."""
    if name != "suspend" or shown.told.standing != "SUSPENDED":
        return {}
    until = shown.told.until
    return {"until": until and until.date(), "reason": shown.told.reason}
