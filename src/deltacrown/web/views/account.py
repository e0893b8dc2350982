"""What a signed-in player sets, the preview of the own page, and closing the account."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings as site
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from deltacrown.core import clock
from deltacrown.core.dates import write_day
from deltacrown.pages import oneself
from deltacrown.pages.oneself import Preview
from deltacrown.user_profile.people import privacy_settings, standings
from deltacrown.web.forms.account import CloseAccountForm
from deltacrown.web.forms.settings import PrivacyForm
from deltacrown.web.posted import FORM_METHODS, read_posted, send_form
from deltacrown.web.profile_charts import measure_level
from deltacrown.web.signed_in import get_person, is_by_htmx, sign_in_required


@sign_in_required
@require_http_methods(FORM_METHODS)
def edit_privacy(request: HttpRequest) -> HttpResponse:
    """Show or set what the player lets others see."""
    person, audience = get_person(request), request.POST.get("as") or "stranger"
    if request.method != "POST":
        preview = oneself.get_preview(owner=person, audience=audience)
        return _show_privacy(request, preview)

    wished = PrivacyForm(request.POST).require_valid()
    if request.POST.get("do") == "preview":
        return _show_privacy(request, oneself.get_preview(owner=person, audience=audience, wished=wished))
    privacy_settings.set_privacy(user=person, **wished)
    messages.success(request, _("Saved. It applies from now on."))
    return redirect("privacy")


def _show_privacy(request: HttpRequest, preview: Preview) -> HttpResponse:
    """Show the settings as they are ticked, and what others see under them."""
    form = PrivacyForm(initial={name: getattr(preview.flags, name) for name in PrivacyForm.base_fields})
    context = {"form": form, "preview": preview, "shown": preview.page}
    return render(request, "web/privacy.html", context)


@sign_in_required
@require_safe
def show_preview(request: HttpRequest) -> HttpResponse:
    """Show the player's own page as others see it: ``?as=`` stranger, follower or opponent.

    With ``ticks`` the settings are those of the form, saved or not. Scripts are sent the short form of it.
    """
    audience = request.GET.get("as") or "stranger"
    wished = PrivacyForm(request.GET).require_valid() if "ticks" in request.GET else None
    preview = oneself.get_preview(owner=get_person(request), audience=audience, wished=wished)
    if is_by_htmx(request):
        context = {"preview": preview, "shown": preview.page}
        return render(request, "web/parts/privacy_preview.html", context)
    profile = preview.page.profile
    level = measure_level(profile.experience_points, profile.level)
    context = {"preview": preview, "shown": preview.page, "profile": profile, "level": level}
    return render(request, "web/privacy_preview.html", context)


@sign_in_required
@require_http_methods(FORM_METHODS)
def manage_account(request: HttpRequest) -> HttpResponse:
    """Show what standing the account has and the ways to take one's data along, or close the account."""
    person, now = get_person(request), clock.now()
    form = CloseAccountForm(request, person, read_posted(request))

    def close() -> None:
        change = standings.close_account(user=person, by=person, now=now)
        logout(request)
        if change is not None and change.until is not None:
            sentence = _("Sign in before %(day)s to reopen it.")
            messages.success(request, sentence % {"day": write_day(change.until)})

    status = send_form(form, close)
    if status is None:
        return redirect("account-closed")
    context = {"form": form, "removed_at": now + timedelta(days=site.ACCOUNT_CLOSING_DAYS)}
    return render(request, "web/account.html", context, status=status)


@require_safe
def show_account_closed(request: HttpRequest) -> HttpResponse:
    """Show, to who has closed their account, that it is closed and how to reopen it."""
    return render(request, "web/account_closed.html", {"days": site.ACCOUNT_CLOSING_DAYS})
