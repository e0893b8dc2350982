"""What a signed-in player sets for themselves."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from deltacrown.pages import previews
from deltacrown.user_profile import privacy


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_privacy(request: HttpRequest) -> HttpResponse:
    """Show or set what the player lets others see; an unticked box arrives as no value."""
    assert request.user.is_authenticated  # noqa: S101 - for the type checker; login_required saw to it
    if request.method != "POST":
        return render(request, "web/privacy.html", {"settings": privacy.get_privacy(request.user)})
    privacy.set_privacy(
        user=request.user,
        show_match_history="show_match_history" in request.POST,
        show_tournament_stats="show_tournament_stats" in request.POST,
    )
    messages.success(request, "Saved. It holds from now on.")
    return redirect("privacy")


@login_required
@require_safe
def show_preview(request: HttpRequest) -> HttpResponse:
    """The player's own page as strangers or, with ``?as=follower``, followers see it."""
    assert request.user.is_authenticated  # noqa: S101 - for the type checker; login_required saw to it
    preview = previews.get_preview(owner=request.user, audience=request.GET.get("as") or "stranger")
    return render(request, "web/privacy_preview.html", {"preview": preview, "shown": preview.page, "profile": preview.page.profile})
