"""The entrants of a tournament, as who runs it has them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from deltacrown.core import clock
from deltacrown.pages import desk_entrants
from deltacrown.pages.desk_entrants import DeskDeed
from deltacrown.pages.desk_import import ImportOutcome, import_entrants
from deltacrown.pages.desks import get_desk
from deltacrown.web.forms.organise import EnterForm, EntrantsForm, ImportForm, RosterForm
from deltacrown.web.posted import FORM_METHODS, read_posted, send_form
from deltacrown.web.renamed import redirect_renamed
from deltacrown.web.signed_in import get_person, sign_in_required


@sign_in_required
@require_http_methods(FORM_METHODS)
def show_entrants(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the entrants; enter somebody by a POST."""
    person = get_person(request)
    page = request.GET.get("page") or None
    shown = desk_entrants.get_entrants_desk(slug, page, viewer=person)
    form = EnterForm(read_posted(request))

    def send() -> None:
        given = form.cleaned_data
        name = desk_entrants.enter_named(slug=slug, **given, by=person, now=clock.now())
        messages.success(request, _("%(name)s is entered. Withdraw, below, undoes it.") % {"name": name})

    status = send_form(form, send)
    if status is None:
        return redirect("organise-entrants", shown.tournament.slug)
    context = {"shown": shown, "tournament": shown.tournament, "tab": "entrants", "form": form}
    context["found"] = shown.lines
    moved = redirect_renamed(request, slug=(slug, shown.tournament.slug))
    return moved or render(request, "web/organise/entrants.html", context, status=status)


@sign_in_required
@require_POST
def act(request: HttpRequest, slug: str) -> HttpResponse:
    """Check entrants in, withdraw one, or take either back, and return to the list."""
    form = EntrantsForm(request.POST)
    form.require_valid()
    names = desk_entrants.do_to_entrants(
        slug=slug, deed=form.deed, keys=form.ticked, by=get_person(request), now=clock.now()
    )
    messages.success(request, _say(form.deed, names))
    return redirect("organise-entrants", slug)


@sign_in_required
@require_http_methods(FORM_METHODS)
def edit_roster(request: HttpRequest, slug: str, team: str) -> HttpResponse:
    """Show the roster of a team; change it by a POST."""
    person = get_person(request)
    shown = desk_entrants.get_roster_desk(slug, team, viewer=person)
    players = [(player.public_id, player.name) for player in shown.players]
    form = RosterForm(players, read_posted(request))

    def send() -> None:
        given = form.cleaned_data
        odd = desk_entrants.change_desk_roster(slug=slug, team=team, **given, by=person, now=clock.now())
        messages.success(request, _("The roster is changed. Changing it back undoes it."))
        for warning in odd:
            messages.warning(request, warning)

    status = send_form(form, send)
    if status is None:
        return redirect("organise-roster", shown.tournament.slug, shown.team.slug)
    context = {"shown": shown, "tournament": shown.tournament, "tab": "entrants", "form": form}
    moved = redirect_renamed(request, slug=(slug, shown.tournament.slug), team=(team, shown.team.slug))
    return moved or render(request, "web/organise/roster.html", context, status=status)


@sign_in_required
@require_http_methods(FORM_METHODS)
def import_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what a list of entrants would do; do it once that is confirmed."""
    person = get_person(request)
    event = get_desk(slug, viewer=person)
    form = ImportForm(read_posted(request), request.FILES)
    outcomes: list[ImportOutcome] = []

    def send() -> None:
        text, is_preview = form.cleaned_data["text"], not form.cleaned_data["is_confirmed"]
        outcomes.append(
            import_entrants(slug=slug, text=text, by=person, now=clock.now(), is_preview=is_preview)
        )

    status = send_form(form, send)
    outcome = outcomes[0] if outcomes else None
    if outcome is not None and form.cleaned_data["is_confirmed"]:
        said = _("%(entered)s entered, %(refused)s refused. Withdraw, below, undoes each.")
        messages.success(request, said % {"entered": outcome.entered, "refused": outcome.refused})
        return redirect("organise-entrants", event.slug)
    context = {"tournament": event, "tab": "entrants", "form": form, "outcome": outcome}
    moved = redirect_renamed(request, slug=(slug, event.slug))
    return moved or render(request, "web/organise/import.html", context, status=status or 200)


def _say(deed: DeskDeed, names: list[str]) -> str:
    count = {"count": len(names)}
    if deed is DeskDeed.CHECK_IN and len(names) != 1:
        sentence = ngettext(
            "%(count)s entrant is checked in.", "%(count)s entrants are checked in.", len(names)
        )
        return sentence % count
    said = {
        DeskDeed.CHECK_IN: _("%(name)s is checked in."),
        DeskDeed.UNCHECK: _("%(name)s is no longer checked in."),
        DeskDeed.WITHDRAW: _("%(name)s is withdrawn. “Let in again” undoes it."),
        DeskDeed.TAKE_BACK: _("%(name)s is in again."),
    }
    return said[deed] % {"name": ", ".join(names)}
