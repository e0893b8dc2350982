"""The pictures of players: the settings page to choose one, and the files that pages show."""

from __future__ import annotations

from django.conf import settings as site
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from deltacrown.core import clock
from deltacrown.user_profile.people import avatars
from deltacrown.web.forms.pictures import PictureForm
from deltacrown.web.posted import FORM_METHODS, send_form
from deltacrown.web.reader import for_everybody
from deltacrown.web.signed_in import get_person, sign_in_required

#: A year, the longest that caches are told: a file of this name never changes.
FOR_EVER = "public, max-age=31536000, immutable"
IMAGE = "image/webp"


@sign_in_required
@require_http_methods(FORM_METHODS)
def edit_picture(request: HttpRequest) -> HttpResponse:
    """Show the player's picture, take another, or remove it."""
    person, now = get_person(request), clock.now()
    form = PictureForm.of(request)

    def send() -> None:
        if form.is_removal:
            avatars.remove_avatar(user=person, now=now)
            messages.success(request, _("Your picture was removed."))
        else:
            avatars.set_avatar(user=person, data=form.read_picture(), now=now)
            messages.success(request, _("This is your picture now."))

    status = send_form(form, send)
    if status is None:
        return redirect("picture")
    most = site.AVATAR_MAX_BYTES // 1024
    return render(request, "web/picture.html", {"form": form, "most": most}, status=status)


@require_safe
@for_everybody
def show_avatar(request: HttpRequest, name: str) -> HttpResponseBase:
    """Send the picture of a player whose pages are shown. Its name never stands for another one."""
    if not avatars.is_shown(name):
        raise Http404
    etag = f'"{name}"'
    response: HttpResponseBase | None = get_conditional_response(request, etag=etag)
    if response is None:
        picture = avatars.read_file(name)
        if picture is None:
            raise Http404
        response = HttpResponse(picture, content_type=IMAGE, headers={"ETag": etag})
    response["Cache-Control"] = FOR_EVER
    return response
