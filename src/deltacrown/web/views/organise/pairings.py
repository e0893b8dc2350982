"""The organiser's desk of pairings: seeds, the draw, rulings."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from deltacrown.accounts.models import User
from deltacrown.core import clock
from deltacrown.pages import pairings, pairings_ruled
from deltacrown.web.forms import PageForm
from deltacrown.web.forms.pairings import (
    AddForm,
    DrawForm,
    MoveForm,
    OutcomeForm,
    ScheduleForm,
    ShuffleForm,
    SureForm,
    UnknownForm,
)
from deltacrown.web.posted import FORM_METHODS, read_posted, send_form
from deltacrown.web.signed_in import get_person, sign_in_required

#: What buttons of the two pages do.
DESK_DEEDS = ("seed", "shuffle", "move", "draw", "undraw", "add")
DEEDS = ("rule", "schedule", "take-back", "follow", "remove")


def _choose_form(request: HttpRequest, deeds: Sequence[str]) -> PageForm:
    """Return the form of a button without fields; one that refuses what no button sends."""
    posted = read_posted(request)
    return PageForm(posted) if request.POST.get("do") in deeds else UnknownForm(posted)


@sign_in_required
@require_http_methods(FORM_METHODS)
def show_desk(request: HttpRequest, slug: str) -> HttpResponse:
    """Show all pairings to who runs the tournament, who seeds, draws and pairs."""
    person = get_person(request)
    shown = pairings.get_desk_page(slug, viewer=person)
    asked = "move" if "move" in request.POST else request.POST.get("do", "")
    posted = {name: request.POST if asked == name else None for name in DESK_DEEDS}
    forms = {
        "shuffle": ShuffleForm(posted["shuffle"]),
        "move": MoveForm(posted["move"]),
        "draw": DrawForm(posted["draw"], must_be_sure=shown.is_drawn),
        "undraw": SureForm(posted["undraw"], must_be_sure=shown.is_drawn),
        "add": AddForm(shown.entrants, posted["add"]),
    }
    form = forms.get(asked) or _choose_form(request, DESK_DEEDS)
    status = send_form(form, lambda: _change(request, slug, asked, form, person))
    if status is None:
        messages.success(request, _("Done."))
        return redirect("organise-pairings", slug)
    context = {
        "shown": shown,
        "tournament": shown.tournament,
        "tab": "pairings",
        "forms": forms,
        "form": form,
    }
    return render(request, "web/organise/pairings.html", context, status=status)


def _change(request: HttpRequest, slug: str, asked: str, form: PageForm, by: User) -> None:
    if asked == "shuffle":
        pairings.seed(slug=slug, places=None, shuffle=form.cleaned_data["shuffle"], by=by)
    elif asked == "move":
        assert isinstance(form, MoveForm)  # noqa: S101 - the button's
        (key, by_places), made_from = form.step, form.cleaned_data["made_from"]
        pairings.move_seed(slug=slug, key=key, by_places=by_places, made_from=made_from, by=by)
    elif asked == "undraw":
        pairings.remove_draw(slug=slug, by=by)
    elif asked == "draw":
        pairings.draw(slug=slug, by=by, **form.cleaned_data)
    elif asked == "add":
        told = form.cleaned_data
        pairings.add(
            slug=slug,
            first=told["first"],
            second=told["second"],
            round_name=told["round"],
            best_of=told["best_of"],
            key=told["key"],
            by=by,
        )
    elif asked == "seed":
        given = [(name[5:], text) for name, text in request.POST.items() if name.startswith("seed-")]
        places = {key: int(str(text)) for key, text in given if str(text).isdecimal() and len(str(text)) < 6}
        pairings.seed(slug=slug, places=places, shuffle=None, by=by)


@sign_in_required
@require_http_methods(FORM_METHODS)
def show_one(request: HttpRequest, slug: str, handle: str) -> HttpResponse:
    """Show one pairing to who runs the tournament, who rules, takes back and schedules."""
    person, now = get_person(request), clock.now()
    shown = pairings.get_pairing_desk(slug, handle, viewer=person)
    item, asked = shown.item, request.POST.get("do", "")
    posted = request.POST if request.method == "POST" else None
    sides = [item.first, item.second]
    rule = OutcomeForm(sides, item.pairing.best_of, posted if asked == "rule" else None)
    plan = ScheduleForm(
        posted if asked == "schedule" else None, initial={"scheduled_at": item.pairing.scheduled_at}
    )
    sure = SureForm(posted if asked == "remove" else None)
    form = {"rule": rule, "schedule": plan, "remove": sure}.get(asked) or _choose_form(request, DEEDS)
    reason = request.POST.get("reason", "")

    def act() -> None:
        if asked == "rule":
            outcome = form.cleaned_data["outcome"]
            pairings_ruled.rule(slug=slug, handle=handle, outcome=outcome, reason=reason, by=person, now=now)
        elif asked == "schedule":
            at = form.cleaned_data["scheduled_at"]
            pairings_ruled.schedule(slug=slug, handle=handle, scheduled_at=at, by=person)
        elif asked == "take-back":
            pairings_ruled.take_back(slug=slug, handle=handle, reason=reason, by=person, now=now)
        elif asked == "follow":
            pairings_ruled.follow(slug=slug, handle=handle, by=person, now=now)
        elif asked == "remove":
            pairings_ruled.remove(slug=slug, handle=handle, by=person)

    status = send_form(form, act)
    if status is None:
        messages.success(request, _("Done."))
        is_gone = asked == "remove"
        return redirect("organise-pairings", slug) if is_gone else redirect("organise-pairing", slug, handle)
    context = {"shown": shown, "item": item, "tournament": shown.tournament, "tab": "pairings"}
    context |= {"form": form, "rule": rule, "plan": plan, "sure": sure}
    return render(request, "web/organise/pairing.html", context, status=status)
