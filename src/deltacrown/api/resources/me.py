"""What belongs to the caller."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from deltacrown.api.access import OWN, PERSON, caller_of
from deltacrown.api.resource import Resource
from deltacrown.api.shapes.me import GivenPrivacy, Me, Privacy
from deltacrown.user_profile.services import privacy_service, stats_service

resource = Resource("me")


@resource.read("/me", answers=Me, access=OWN)
def get_me(request: HttpRequest) -> Any:
    """The caller: the person signed in, or the owner of the key."""
    caller = caller_of(request)
    profile = caller.member.profile
    return {
        "public_id": profile.public_id,
        "name": profile.name,
        "country": profile.country,
        "username": caller.member.username,
        "is_staff": caller.is_staff,
        "stats": stats_service.describe_stats(profile),
        "privacy": privacy_service.get_privacy(caller.member),
        "key": caller.key,
    }


@resource.read("/me/privacy", answers=Privacy, access=OWN)
def get_privacy(request: HttpRequest) -> Any:
    """What the caller lets others see."""
    return privacy_service.get_privacy(caller_of(request).member)


@resource.write("PUT", "/me/privacy", answers=Privacy, access=PERSON)
def set_privacy(request: HttpRequest, body: GivenPrivacy) -> Any:
    """Set what the caller lets others see; it holds from now on, on cached pages too."""
    member = caller_of(request).member
    return privacy_service.set_privacy(
        user=member, show_match_history=body.show_match_history, show_tournament_stats=body.show_tournament_stats
    )
