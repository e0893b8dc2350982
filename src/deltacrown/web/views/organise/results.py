"""The desk of results: standings as they come, the end of a tournament, and rulings on results."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from deltacrown.core import clock
from deltacrown.pages import result_rulings as rulings
from deltacrown.pages import results_desk
from deltacrown.pages.result_rulings import Do, EntrantDesk, Ruling
from deltacrown.pages.result_trials import Trial
from deltacrown.tournaments.services import write_place
from deltacrown.web.forms.results import PlaceForm, ReasonForm, StandingsForm
from deltacrown.web.posted import FORM_METHODS, read_posted
from deltacrown.web.renamed import redirect_renamed
from deltacrown.web.signed_in import get_person, sign_in_required
from deltacrown.web.views.organise.steps import send_seen

#: Ruling → what is said once it is made.
DONE = {
    Do.COMPLETE: _("%(name)s is completed. Below are its results; each can be corrected here."),
    Do.CORRECT: _("The result of %(name)s is corrected."),
    Do.DISQUALIFY: _("%(name)s is disqualified. It can be taken back below."),
    Do.LIFT: _("The disqualification of %(name)s is lifted."),
    Do.ANNUL: _("%(name)s is annulled. It can be taken back below."),
    Do.LIFT_ANNULMENT: _("%(name)s has its results again."),
    Do.REOPEN: _("%(name)s runs again. Complete it once its results are right."),
}


@sign_in_required
@require_safe
def show_desk(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the standings as they come, the official results, and what can be ruled."""
    shown = results_desk.get_results_desk(slug, viewer=get_person(request))
    event = shown.tournament
    context = {
        "shown": shown,
        "offered": [do.value for do, states in rulings.OFFERED.items() if event.status in states],
        **_desk_context(event),
    }
    return redirect_renamed(request, slug=(slug, event.slug)) or render(
        request, "web/organise/results.html", context
    )


@sign_in_required
@require_http_methods(FORM_METHODS)
def complete(request: HttpRequest, slug: str) -> HttpResponse:
    """Place the entrants, show what follows from that, and complete the tournament."""
    person, now = get_person(request), clock.now()
    suggests = request.GET.get("suggest") == "table"
    shown = rulings.get_completion_desk(slug, viewer=person, suggests=suggests)
    form = StandingsForm(shown.lines, shown.suggested, read_posted(request) if shown.fits else None)

    def ask() -> dict[str, Any]:
        return {"slug": slug, "ruling": form.get_ruling(), "viewer": person, "now": now}

    status, trial = send_seen(
        request,
        form,
        preview=lambda: rulings.preview_ruling(**ask()),
        make=lambda: _tell(request, rulings.make_ruling(**ask()), Do.COMPLETE, shown.tournament.name),
    )
    if status is None:
        return redirect("organise-results", slug)
    context = {"shown": shown, "form": form, "trial": trial, **_desk_context(shown.tournament)}
    return render(request, "web/organise/complete.html", context, status=status)


@sign_in_required
@require_http_methods(FORM_METHODS)
def rule_entrant(request: HttpRequest, slug: str, handle: str) -> HttpResponse:
    """Show one entrant, and correct its result, disqualify it, or take that back."""
    person, now = get_person(request), clock.now()
    shown = rulings.get_entrant_desk(slug, handle=handle, viewer=person)
    posted = read_posted(request)
    do = _read_do(request.POST.get("do"), [Do.CORRECT, Do.DISQUALIFY, Do.LIFT])
    forms: dict[Do, PlaceForm | ReasonForm] = {
        Do.CORRECT: PlaceForm(
            shown.line.result, posted if do is Do.CORRECT else None, again=_read_again(request)
        ),
        Do.DISQUALIFY: ReasonForm(Do.DISQUALIFY, posted if do is Do.DISQUALIFY else None),
        Do.LIFT: ReasonForm(Do.LIFT, posted if do is Do.LIFT else None),
    }

    def ask(ruling: Ruling) -> dict[str, Any]:
        return {"slug": slug, "handle": handle, "ruling": ruling, "viewer": person, "now": now}

    form = forms[do]
    status, trial = send_seen(
        request,
        form,
        preview=lambda: rulings.preview_ruling(**ask(form.get_ruling())),
        make=lambda: _tell(request, rulings.make_ruling(**ask(form.get_ruling())), do, shown.line.name),
    )
    if status is None:
        return redirect(_lead_back(shown, do, trial))
    context = {
        "shown": shown,
        "forms": {each.value: made for each, made in forms.items()},
        "form": form,
        "do": do.value,
        "trial": trial,
        "again": _read_again(request) if posted is None else {},
        **_desk_context(shown.tournament),
    }
    return render(request, "web/organise/entrant_results.html", context, status=status)


@sign_in_required
@require_http_methods(FORM_METHODS)
def decide(request: HttpRequest, slug: str, do: Do) -> HttpResponse:
    """Annul a tournament, take that back, or open it again: first tell what follows."""
    person, now = get_person(request), clock.now()
    shown = results_desk.get_results_desk(slug, viewer=person)
    form = ReasonForm(do, read_posted(request))

    def ask() -> dict[str, Any]:
        return {"slug": slug, "ruling": form.get_ruling(), "viewer": person, "now": now}

    status, trial = send_seen(
        request,
        form,
        preview=lambda: rulings.preview_ruling(**ask()),
        make=lambda: _tell(request, rulings.make_ruling(**ask()), do, shown.tournament.name),
    )
    if status is None:
        return redirect("organise-results", slug)
    event = shown.tournament
    context = {
        "shown": shown,
        "form": form,
        "do": do.value,
        "trial": trial,
        "is_offered": event.status in rulings.OFFERED[do],
        **_desk_context(event),
    }
    return render(request, "web/organise/decide.html", context, status=status)


def _desk_context(event: Any) -> dict[str, Any]:
    return {"tournament": event, "event": event, "tab": "results"}


def _tell(request: HttpRequest, warnings: list[str], do: Do, name: str) -> None:
    messages.success(request, DONE[do] % {"name": name})
    for warning in warnings:
        messages.warning(request, warning)


def _read_do(text: str | None, known: list[Do]) -> Do:
    return next((do for do in known if do.value == text), known[0])


def _read_again(request: HttpRequest) -> dict[str, Any]:
    """Return what an earlier result said that is to be restored, as the address names it."""
    names = ("placement", "unplaced_reason", "prize")
    told: dict[str, Any] = {name: request.GET[name][:200] for name in names if name in request.GET}
    return told and {**told, "is_unranked": not told.get("placement")}


def _lead_back(shown: EntrantDesk, do: Do, trial: Trial | None) -> str:
    """Return the page of the entrant; after a correction with what it takes to take that back."""
    address = reverse("organise-result", args=[shown.tournament.slug, shown.line.handle])
    before = shown.line.result
    if do is not Do.CORRECT or before is None or before.disqualified_at or not (trial and trial.shifts):
        return address
    was = {
        "placement": write_place(before.placement, before.placement_to),
        "unplaced_reason": before.unplaced_reason,
        "prize": f"{before.prize_amount:.2f}",
    }
    return f"{address}?{urlencode(was)}"
