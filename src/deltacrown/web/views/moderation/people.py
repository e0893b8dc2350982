"""The moderators' pages of players: the list, the page of one, removing a picture, anonymising."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from deltacrown.core import clock
from deltacrown.pages import bench_players
from deltacrown.pages.bench import OPENS_PLAYERS, require_right
from deltacrown.user_profile.people.anonymising import anonymise_player
from deltacrown.user_profile.people.avatars import remove_avatar_of
from deltacrown.web.forms.bench import AnonymiseForm, FindPlayerForm, RemovePictureForm
from deltacrown.web.posted import FORM_METHODS, read_posted, send_form
from deltacrown.web.signed_in import get_person, sign_in_required


@sign_in_required
@require_safe
def show_players(request: HttpRequest) -> HttpResponse:
    """Find a player; without a name, show the field alone."""
    person, form = get_person(request), FindPlayerForm(request.GET)
    require_right(person, *OPENS_PLAYERS)
    query, page = form.filters.get("q", ""), request.GET.get("page") or None
    found = bench_players.find_for_bench(query, page, viewer=person, now=clock.now()) if query else None
    context = {"form": form, "query": query, "found": found, "tab": "players"}
    return render(request, "web/moderation/players.html", context)


@sign_in_required
@require_safe
def show_player(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show everything staff may know and do about one player."""
    desk = bench_players.get_player_desk(public_id, viewer=get_person(request))
    return render(request, "web/moderation/player.html", _describe(desk))


@sign_in_required
@require_http_methods(FORM_METHODS)
def remove_picture(request: HttpRequest, public_id: str) -> HttpResponse:
    """Remove the picture of a player, after it is said that nobody can bring it back."""
    person = get_person(request)
    profile = bench_players.get_for_picture(public_id, viewer=person)
    form = RemovePictureForm(read_posted(request))

    def remove() -> None:
        reason = form.cleaned_data["reason"]
        removed = remove_avatar_of(user=profile.user, by=person, reason=reason, now=clock.now())
        said = _("The picture is removed.") if removed else _("There was no picture any more.")
        messages.success(request, said)

    status = send_form(form, remove)
    if status is None:
        return redirect("moderate-player", public_id)
    context = {"profile": profile, "form": form, "tab": "players"}
    return render(request, "web/moderation/picture.html", context, status=status)


@sign_in_required
@require_http_methods(FORM_METHODS)
def anonymise(request: HttpRequest, public_id: str) -> HttpResponse:
    """Anonymise a player, after it is said what goes and that it cannot be undone."""
    person = get_person(request)
    profile = bench_players.get_for_anonymising(public_id, viewer=person)
    form = AnonymiseForm(public_id, read_posted(request))
    named = {"public_id": public_id}

    def send() -> None:
        done = anonymise_player(
            user=profile.user,
            by=person,
            now=clock.now(),
            reason=form.cleaned_data["reason"],
            without_export=form.cleaned_data["without_export"],
        )
        named["public_id"] = done.public_id
        messages.success(request, _("The player is anonymised. Matches and results stay, under this name."))
        if done.titles:
            said = _("These are named after the player, and keep their names: %(titles)s.")
            messages.warning(request, said % {"titles": ", ".join(done.titles)})

    status = send_form(form, send)
    if status is None:
        return redirect("moderate-player", named["public_id"])
    context = {"profile": profile, "form": form, "tab": "players"}
    return render(request, "web/moderation/anonymise.html", context, status=status)


def _describe(desk: bench_players.PlayerDesk) -> dict[str, object]:
    return {"desk": desk, "profile": desk.profile, "tab": "players"}
