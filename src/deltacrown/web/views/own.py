"""What players say of themselves and hide: the profile, the username, linked ids, hidden timeline entries."""

from __future__ import annotations

from collections.abc import Callable

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from deltacrown.accounts.services import list_external_ids, remove_external_id
from deltacrown.core import clock
from deltacrown.core.external_ids import PROVIDERS
from deltacrown.pages import own_name
from deltacrown.pages.own_name import NamePreview
from deltacrown.user_profile.people import identities
from deltacrown.user_profile.people.external_ids import claim_external_id
from deltacrown.user_profile.timeline.reading import list_hidden_entries
from deltacrown.web.forms.profile import ExternalIdForm, ProfileForm, UsernameForm
from deltacrown.web.posted import FORM_METHODS, read_posted, send_form
from deltacrown.web.signed_in import View, get_person, sign_in_required


def _takes_a_name(request: HttpRequest) -> bool:
    return request.method == "POST" and request.POST.get("do") == UsernameForm.RENAME


_again: Callable[[View[[]]], View[[]]] = reauthentication_required(
    app="allauth.account", enabled=_takes_a_name
)


@sign_in_required
@require_http_methods(FORM_METHODS)
def edit_profile(request: HttpRequest) -> HttpResponse:
    """Show what the player says of themselves on the profile, and take a change of it."""
    person, now = get_person(request), clock.now()
    form = ProfileForm(read_posted(request), shown=identities.get_identity(person))

    def save() -> None:
        identities.change_profile(user=person, now=now, **form.read_wishes())
        messages.success(request, _("Saved. This is your profile now."))

    status = send_form(form, save)
    if status is None:
        return redirect("profile-settings")
    return render(request, "web/profile_settings.html", {"form": form}, status=status)


@sign_in_required
@require_http_methods(FORM_METHODS)
@_again
def rename_oneself(request: HttpRequest) -> HttpResponse:
    """Show the player's username and what a change of it does; look at another one first, then take it.

    One signs in with it: as for what else that takes, the password is asked for again before it is changed.
    """
    person, now = get_person(request), clock.now()
    asked = request.GET.get("username")
    form = UsernameForm(
        read_posted(request), initial={"username": person.username if asked is None else asked}
    )
    previews: list[NamePreview] = []

    def look_or_take() -> None:
        given = form.cleaned_data["username"]
        if form.is_sure:
            taken = own_name.rename(user=person, username=given, now=now).username
            messages.success(request, _("Your username is %(name)s now.") % {"name": taken})
        else:
            previews.append(own_name.preview_name(user=person, username=given, now=now))

    status = send_form(form, look_or_take)
    if status is None and form.is_sure:
        return redirect("username")
    shown = own_name.get_name_page(person, request.GET.get("page") or None, now=now)
    context = {"form": form, "shown": shown, "preview": previews[0] if previews else None}
    return render(request, "web/username.html", context, status=status or 200)


@sign_in_required
@require_safe
def show_hidden(request: HttpRequest) -> HttpResponse:
    """Show the entries of the timeline that the player hides."""
    found = list_hidden_entries(get_person(request), request.GET.get("page") or None)
    return render(request, "web/hidden_entries.html", {"found": found})


@sign_in_required
@require_http_methods(FORM_METHODS)
def manage_ids(request: HttpRequest) -> HttpResponse:
    """Show the player's ids at other providers, take one that the player names, or remove one."""
    person, now = get_person(request), clock.now()
    form = ExternalIdForm(read_posted(request))

    def send() -> None:
        if form.is_removal:
            remove_external_id(user=person, external_id=form.read_address())
            messages.success(request, _("Removed: the id finds you no more."))
        else:
            claim_external_id(user=person, external_id=form.read_address(), now=now)
            messages.success(request, _("Kept for staff to confirm. Until then it finds nobody."))

    status = send_form(form, send)
    if status is None:
        return redirect("linked-ids")
    ids = list_external_ids(person)
    context = {"form": form, "ids": ids, "providers": sorted(PROVIDERS)}
    return render(request, "web/linked_ids.html", context, status=status)
