"""A player's API keys: listing, making and revoking them."""

from __future__ import annotations

from collections.abc import Callable

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from deltacrown.accounts import services as accounts
from deltacrown.core import clock
from deltacrown.pages import keys
from deltacrown.web.forms.keys import KeyForm
from deltacrown.web.posted import FORM_METHODS, read_posted, send_form
from deltacrown.web.signed_in import View, get_person, sign_in_required


def _is_sent(request: HttpRequest) -> bool:
    return request.method == "POST"


_again: Callable[[View[[]]], View[[]]] = reauthentication_required(app="allauth.account", enabled=_is_sent)


@sign_in_required
@never_cache
@require_http_methods(FORM_METHODS)
@_again
def edit_keys(request: HttpRequest) -> HttpResponse:
    """List the player's keys, or make one: its secret is in this answer and nowhere else.

    A key acts for its owner as long as nobody revokes it: making one asks for the password again, as other
    changes of what it takes to come in do.
    """
    person, now = get_person(request), clock.now()
    shown = keys.get_keys_page(person, now=now)
    form = KeyForm(shown.offered, read_posted(request))
    made: list[accounts.NewKey] = []

    def make() -> None:
        given = form.cleaned_data
        made.append(keys.make_key(owner=person, now=now, **given))

    status = send_form(form, make)
    if status is None:
        told = keys.describe_scopes(made[0].key.scopes)
        return render(request, "web/key_made.html", {"made": made[0], "scopes": told}, status=201)
    return render(request, "web/keys.html", {"shown": shown, "form": form}, status=status)


@sign_in_required
@require_http_methods(FORM_METHODS)
def revoke_key(request: HttpRequest, prefix: str) -> HttpResponse:
    """Show what revoking a key does, or revoke it. Sent twice, it keeps its first time."""
    person = get_person(request)
    if request.method != "POST":
        return render(request, "web/key.html", {"shown": keys.get_key_page(person, prefix)})

    key = accounts.revoke_key(owner=person, prefix=prefix, now=clock.now())
    messages.success(request, _("Revoked: the key “%(name)s” no longer works.") % {"name": key.name})
    return redirect("api-keys")
