"""What a signed-in player sets, and the preview of the own page."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from deltacrown.pages import oneself
from deltacrown.user_profile import privacy
from deltacrown.web.forms.settings import PrivacyForm
from deltacrown.web.signed_in import get_person, sign_in_required


@sign_in_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_privacy(request: HttpRequest) -> HttpResponse:
    """Show or set what the player lets others see."""
    person = get_person(request)
    if request.method != "POST":
        settings = privacy.get_privacy(person)
        form = PrivacyForm(initial={name: getattr(settings, name) for name in PrivacyForm.base_fields})
        return render(request, "web/privacy.html", {"form": form})

    form = PrivacyForm(request.POST)
    privacy.set_privacy(user=person, **form.require_valid())
    messages.success(request, "Saved. It applies from now on.")
    return redirect("privacy")


@sign_in_required
@require_safe
def show_preview(request: HttpRequest) -> HttpResponse:
    """Show the player's own page as strangers or, with ``?as=follower``, followers see it."""
    audience = request.GET.get("as") or "stranger"
    preview = oneself.get_preview(owner=get_person(request), audience=audience)
    context = {"preview": preview, "shown": preview.page, "profile": preview.page.profile}
    return render(request, "web/privacy_preview.html", context)
