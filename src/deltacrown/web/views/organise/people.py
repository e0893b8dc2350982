"""Who runs a tournament."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from deltacrown.core import clock
from deltacrown.pages import desk_people
from deltacrown.web.forms.organise import PersonForm
from deltacrown.web.posted import FORM_METHODS, read_posted, send_form
from deltacrown.web.renamed import redirect_renamed
from deltacrown.web.signed_in import get_person, sign_in_required


@sign_in_required
@require_http_methods(FORM_METHODS)
def show_people(request: HttpRequest, slug: str) -> HttpResponse:
    """Show who runs a tournament; add, remove somebody, or hand it over by a POST."""
    person = get_person(request)
    shown = desk_people.get_people_page(slug, viewer=person)
    form = PersonForm(read_posted(request))
    is_leaving = []

    def send() -> None:
        named, do = form.cleaned_data["player"], form.cleaned_data["do"]
        if do == PersonForm.ADD:
            player = desk_people.add_co_organiser(slug=slug, player=named, by=person, now=clock.now())
            said = _("%(player)s runs it too. You can remove them here.")
        elif do == PersonForm.REMOVE:
            player = desk_people.remove_co_organiser(slug=slug, public_id=named, by=person)
            is_leaving.append(player.user_id == person.pk)
            said = _("%(player)s no longer runs it.")
        else:
            player = desk_people.hand_over(slug=slug, public_id=named, by=person, now=clock.now())
            said = _("%(player)s is the organiser now.")
        messages.success(request, said % {"player": player.name})

    status = send_form(form, send)
    if status is None:
        return redirect("organise") if any(is_leaving) else redirect("organise-people", shown.tournament.slug)
    context = {"shown": shown, "tournament": shown.tournament, "tab": "people", "form": form}
    moved = redirect_renamed(request, slug=(slug, shown.tournament.slug))
    return moved or render(request, "web/organise/people.html", context, status=status)
