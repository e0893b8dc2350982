"""Following players, reading what they did, deciding about one's own timeline, asking to be verified."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from deltacrown.core import clock
from deltacrown.pages import follows as follow_pages
from deltacrown.user_profile.people import follows, kyc
from deltacrown.user_profile.timeline import hiding


@login_required
@require_safe
def show_feed(request: HttpRequest) -> HttpResponse:
    """What happened to the players one follows."""
    assert request.user.is_authenticated  # noqa: S101 - for the type checker; login_required saw to it
    return render(request, "web/feed.html", {"found": follows.get_home_feed(request.user, request.GET.get("page") or None)})


@require_POST
def follow(request: HttpRequest, public_id: str) -> HttpResponse:
    """Follow a player, and come back to their page."""
    return _set_following(request, public_id, following=True)


@require_POST
def unfollow(request: HttpRequest, public_id: str) -> HttpResponse:
    """Follow a player no longer, and come back to their page."""
    return _set_following(request, public_id, following=False)


def _set_following(request: HttpRequest, public_id: str, *, following: bool) -> HttpResponse:
    page = reverse("player", args=[public_id])
    if not request.user.is_authenticated:
        return redirect_to_login(page)  # the page, since what is posted is lost on the way
    profile = follow_pages.set_following(follower=request.user, public_id=public_id, following=following, now=clock.now())
    messages.success(request, f"You follow {profile.name}." if following else f"You no longer follow {profile.name}.")
    return redirect(page)


@require_safe
def show_followers(request: HttpRequest, public_id: str) -> HttpResponse:
    """Who follows a player."""
    shown = follow_pages.get_followers_page(public_id, request.GET.get("page") or None, viewer=request.user)
    context = {"found": shown.found, "profile": shown.profile, "title": "Followers"}
    return render(request, "web/player_follows.html", context)


@require_safe
def show_following(request: HttpRequest, public_id: str) -> HttpResponse:
    """Whom a player follows."""
    shown = follow_pages.get_following_page(public_id, request.GET.get("page") or None, viewer=request.user)
    context = {
        "found": shown.found,
        "profile": shown.profile,
        "title": "Following",
        "empty": "Nobody yet. Players have a button to follow them.",
    }
    return render(request, "web/player_follows.html", context)


@login_required
@require_POST
def set_entry_hidden(request: HttpRequest) -> HttpResponse:
    """Hide an entry of one's own timeline, or show it again."""
    assert request.user.is_authenticated  # noqa: S101 - for the type checker; login_required saw to it
    hidden = request.POST.get("do") != "show"
    hiding.set_entry_hidden(user=request.user, handle=request.POST.get("entry", ""), hidden=hidden)
    messages.success(request, "Hidden: only you see it." if hidden else "Shown again.")
    return redirect("player-activity", request.user.profile.public_id)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def ask_for_verification(request: HttpRequest) -> HttpResponse:
    """Show how one's verification stands, or ask for it."""
    assert request.user.is_authenticated  # noqa: S101 - for the type checker; login_required saw to it
    if request.method != "POST":
        return render(request, "web/verification.html", {"verification": kyc.get_verification(request.user, request.user)})
    kyc.request_verification(user=request.user, now=clock.now())
    return redirect("verification")
