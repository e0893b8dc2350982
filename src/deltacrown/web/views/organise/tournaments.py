"""The tournaments one runs, and of each the overview with its steps, and its details."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from deltacrown.core import clock
from deltacrown.pages import desk_details, desks
from deltacrown.pages.desks import Step
from deltacrown.web.forms.organise import DetailsForm, StepForm
from deltacrown.web.posted import FORM_METHODS, read_posted, send_form
from deltacrown.web.renamed import redirect_renamed
from deltacrown.web.signed_in import get_person, sign_in_required

DONE = {
    Step.OPEN: _("Registration is open. It does not go back to a draft; cancel it, if it is not to be."),
    Step.START: _("It runs. Registration is closed; you can still enter somebody late."),
    Step.CANCEL: _("It is cancelled."),
}


@sign_in_required
@require_safe
def show_list(request: HttpRequest) -> HttpResponse:
    """Show the tournaments the person runs, with what is to be done next."""
    person = get_person(request)
    found = desks.list_run(request.GET.get("page") or None, viewer=person)
    context = {"found": found, "shows_all": desks.runs_all(person)}
    return render(request, "web/organise/tournaments.html", context)


@sign_in_required
@require_http_methods(FORM_METHODS)
def show_overview(request: HttpRequest, slug: str) -> HttpResponse:
    """Show how a tournament stands; open, start or cancel it by a POST."""
    person = get_person(request)
    shown = desks.get_overview(slug, viewer=person)
    form = StepForm(read_posted(request))

    def take() -> None:
        reason = form.cleaned_data["reason"]
        desks.take_desk_step(slug=slug, step=form.step, reason=reason, by=person, now=clock.now())
        messages.success(request, DONE[form.step])

    status = send_form(form, take)
    if status is None:
        return redirect("organise-tournament", shown.tournament.slug)
    asked = Step.CANCEL if request.GET.get("ask") == Step.CANCEL or form.is_bound else ""
    context = {
        "shown": shown,
        "tournament": shown.tournament,
        "tab": "overview",
        "form": form,
        "asked": asked,
    }
    moved = redirect_renamed(request, slug=(slug, shown.tournament.slug))
    return moved or render(request, "web/organise/overview.html", context, status=status)


@sign_in_required
@require_http_methods(FORM_METHODS)
def create(request: HttpRequest) -> HttpResponse:
    """Create a tournament as a draft of the person's own."""
    person = get_person(request)
    form = DetailsForm(read_posted(request), games=desk_details.list_games())
    made = []

    def send() -> None:
        event, _is_new = desk_details.create_own_tournament(by=person, now=clock.now(), **form.given)
        made.append(event)
        messages.success(
            request, _("It is a draft, which nobody else sees. Open registration when it is right.")
        )

    status = send_form(form, send)
    if status is None:
        return redirect("organise-tournament", made[0].slug)
    return render(request, "web/organise/create.html", {"form": form}, status=status)


@sign_in_required
@require_http_methods(FORM_METHODS)
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Show and change the details of a tournament."""
    person = get_person(request)
    event = desks.get_desk(slug, viewer=person)
    games = desk_details.list_games()
    changeable = desk_details.list_changeable(event, person)
    form = DetailsForm(read_posted(request), games=games, event=event, changeable=changeable)

    def send() -> None:
        desk_details.edit_tournament(slug=slug, by=person, **form.given)
        messages.success(request, _("Saved. Players read it from now on."))

    status = send_form(form, send)
    if status is None:
        return redirect("organise-edit", event.slug)
    context = {"tournament": event, "tab": "edit", "form": form}
    moved = redirect_renamed(request, slug=(slug, event.slug))
    return moved or render(request, "web/organise/edit.html", context, status=status)
