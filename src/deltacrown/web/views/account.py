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
from deltacrown.user_profile.people import privacy_settings, standings
from deltacrown.web.forms.account import CloseAccountForm
from deltacrown.web.forms.settings import PrivacyForm
from deltacrown.web.posted import FORM_METHODS, read_posted, send_form
from deltacrown.web.profile_charts import measure_level
from deltacrown.web.signed_in import get_person, sign_in_required


@sign_in_required
@require_http_methods(FORM_METHODS)
def edit_privacy(request: HttpRequest) -> HttpResponse:
    """Show or set what the player lets others see."""
    person = get_person(request)
    if request.method != "POST":
        settings = privacy_settings.get_privacy(person)
        form = PrivacyForm(initial={name: getattr(settings, name) for name in PrivacyForm.base_fields})
        return render(request, "web/privacy.html", {"form": form})

    form = PrivacyForm(request.POST)
    privacy_settings.set_privacy(user=person, **form.require_valid())
    messages.success(request, _("Saved. It applies from now on."))
    return redirect("privacy")


@sign_in_required
@require_safe
def show_preview(request: HttpRequest) -> HttpResponse:
    """Show the player's own page as strangers or, with ``?as=follower``, followers see it."""
    audience = request.GET.get("as") or "stranger"
    preview = oneself.get_preview(owner=get_person(request), audience=audience)
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
