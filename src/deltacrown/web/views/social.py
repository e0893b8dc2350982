"""Following and blocking players, the feed, hiding own timeline entries, asking to be verified."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from deltacrown.core import clock
from deltacrown.core.sentences import end_sentence
from deltacrown.pages import blocks, follows, oneself
from deltacrown.user_profile.people import kyc
from deltacrown.user_profile.people.blocks import list_blocked
from deltacrown.user_profile.timeline import hiding
from deltacrown.web.forms.settings import TimelineEntryForm
from deltacrown.web.signed_in import get_person, sign_in_required


@sign_in_required
@require_safe
def show_feed(request: HttpRequest) -> HttpResponse:
    """Show the timelines of the players one follows."""
    found = oneself.get_home_feed(get_person(request), _page(request))
    return render(request, "web/feed.html", {"found": found})


@require_POST
def follow_player(request: HttpRequest, public_id: str) -> HttpResponse:
    """Follow a player, and return to their page."""
    return _set_following(request, public_id, following=True)


@require_POST
def unfollow_player(request: HttpRequest, public_id: str) -> HttpResponse:
    """Stop following a player, and return to their page."""
    return _set_following(request, public_id, following=False)


@require_POST
def block_player(request: HttpRequest, public_id: str) -> HttpResponse:
    """Block a player, and return to where the button was."""
    return _set_blocking(request, public_id, blocking=True)


@require_POST
def unblock_player(request: HttpRequest, public_id: str) -> HttpResponse:
    """Unblock a player, and return to where the button was."""
    return _set_blocking(request, public_id, blocking=False)


@sign_in_required
@require_POST
def remove_follower(request: HttpRequest, public_id: str) -> HttpResponse:
    """Take a follower away, and return to the list of them."""
    person = get_person(request)
    profile = blocks.remove_follower(followed=person, public_id=public_id)
    messages.success(request, _("%(name)s no longer follows you.") % {"name": profile.name})
    return redirect("player-followers", person.profile.public_id)


@sign_in_required
@require_safe
def show_blocked(request: HttpRequest) -> HttpResponse:
    """Show whom the player blocks."""
    person = get_person(request)
    return render(request, "web/blocked.html", {"found": list_blocked(person, person, _page(request))})


@require_safe
def show_followers(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show who follows a player."""
    shown = follows.get_followers_page(public_id, _page(request), viewer=request.user)
    context = {"found": shown.found, "profile": shown.profile}
    return render(request, "web/player_follows.html", context)


@require_safe
def show_following(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show whom a player follows."""
    shown = follows.get_following_page(public_id, _page(request), viewer=request.user)
    context = {"found": shown.found, "profile": shown.profile}
    return render(request, "web/player_follows.html", context)


@sign_in_required
@require_POST
def hide_or_show_entry(request: HttpRequest) -> HttpResponse:
    """Hide an entry of one's own timeline, or show it again."""
    person = get_person(request)
    form = TimelineEntryForm(request.POST)
    entry = form.require_valid()["entry"]
    hiding.set_entry_hidden(user=person, handle=entry, hidden=form.hidden)
    hidden = _("Hidden: only you see it. You find it under Settings, Hidden entries.")
    messages.success(request, hidden if form.hidden else _("Shown again."))
    if request.POST.get("next") == "hidden":
        return redirect("hidden-entries")
    return redirect("player-activity", person.profile.public_id)


@sign_in_required
@require_http_methods(["GET", "HEAD", "POST"])
def ask_for_verification(request: HttpRequest) -> HttpResponse:
    """Show the state of one's verification, or ask for it."""
    person = get_person(request)
    if request.method != "POST":
        context = {"verification": kyc.get_verification(person, person)}
        return render(request, "web/verification.html", context)
    kyc.request_verification(user=person, now=clock.now())
    return redirect("verification")


def _set_following(request: HttpRequest, public_id: str, *, following: bool) -> HttpResponse:
    page = reverse("player", args=[public_id])
    if not request.user.is_authenticated:
        return redirect_to_login(page)  # not this address, which takes a POST only

    follower, now = request.user, clock.now()
    profile = follows.set_following(follower=follower, public_id=public_id, following=following, now=now)
    said = _("You follow %(name)s") if following else _("You no longer follow %(name)s")
    messages.success(request, end_sentence(said % {"name": profile.name}))
    return redirect(page)


def _set_blocking(request: HttpRequest, public_id: str, *, blocking: bool) -> HttpResponse:
    page = reverse("player", args=[public_id])
    if not request.user.is_authenticated:
        return redirect_to_login(page)

    person, now = request.user, clock.now()
    profile = blocks.set_blocking(blocker=person, public_id=public_id, blocking=blocking, now=now)
    said = _("You block %(name)s") if blocking else _("You no longer block %(name)s")
    messages.success(request, end_sentence(said % {"name": profile.name}))
    lists = {"blocked": ["blocked"], "followers": ["player-followers", person.profile.public_id]}
    return redirect(*lists.get(request.POST.get("next", ""), ["player", public_id]))


def _page(request: HttpRequest) -> str | None:
    return request.GET.get("page") or None
