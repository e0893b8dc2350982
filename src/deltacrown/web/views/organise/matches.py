"""Matches of a tournament: recorded by hand, voided, restored and corrected by who runs it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from deltacrown.core import clock
from deltacrown.pages import desk_matches
from deltacrown.pages.desk_matches import Change
from deltacrown.web.forms.desk_matches import MOST_SIDES, ChangeForm, RecordForm
from deltacrown.web.posted import FORM_METHODS, read_posted, send_form
from deltacrown.web.signed_in import get_person, sign_in_required

#: Change → what is said once it is made.
DONE = {
    Change.VOID: gettext_lazy("The match is void. It can be restored below."),
    Change.RESTORE: gettext_lazy("The match counts again. It can be voided below."),
    Change.SWAP: gettext_lazy("The sides are swapped. Swap them again to take it back."),
    Change.CORRECT: gettext_lazy("The match is corrected. It can be corrected again below."),
}


@sign_in_required
@require_http_methods(FORM_METHODS)
def record(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the form of a match, and record it."""
    person, now = get_person(request), clock.now()
    shown = desk_matches.get_record_desk(slug, viewer=person)
    count = _read_count(request)
    form = RecordForm(shown.lines, count, read_posted(request), now=now)
    keys: list[str] = []

    def send() -> None:
        key, warnings = desk_matches.record_by_hand(slug=slug, given=form.get_match(), viewer=person, now=now)
        keys.append(key)
        messages.success(request, _("The match is recorded. It can be voided or corrected below."))
        for warning in warnings:
            messages.warning(request, warning)

    status = send_form(form, send)
    if status is None:
        return redirect("organise-match", slug, keys[0])
    context = {
        "shown": shown,
        "form": form,
        "more_sides": min(2 * len(form.numbers), MOST_SIDES) if len(form.numbers) < MOST_SIDES else 0,
        "tournament": shown.tournament,
        "tab": "results",
    }
    return render(request, "web/organise/record_match.html", context, status=status)


@sign_in_required
@require_http_methods(FORM_METHODS)
def change(request: HttpRequest, slug: str, match_key: str) -> HttpResponse:
    """Show a match of the tournament, and void, restore or correct it."""
    person, now = get_person(request), clock.now()
    shown = desk_matches.get_match_desk(slug, match_key, viewer=person, now=now)
    form = ChangeForm(shown.rows, read_posted(request))

    def send() -> None:
        told = form.get_change()
        warnings = desk_matches.change_match(slug=slug, match_key=match_key, viewer=person, now=now, **told)
        messages.success(request, DONE[told["change"]])
        for warning in warnings:
            messages.warning(request, warning)

    status = send_form(form, send)
    if status is None:
        return redirect("organise-match", slug, match_key)
    context = {"shown": shown, "form": form, "tournament": shown.tournament, "tab": "results"}
    return render(request, "web/organise/match.html", context, status=status)


def _read_count(request: HttpRequest) -> int:
    """Return how many sides the form has: as it was sent, or as the address asks for."""
    if request.method == "POST":
        return sum(name.startswith("entrant-") for name in request.POST)
    asked = request.GET.get("sides", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < len("100") else 0
