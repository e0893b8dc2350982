"""Change who a player is: username, display name, country, bio, links; one's own, or for staff a player's."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right
from deltacrown.accounts.services import rename_oneself, rename_player
from deltacrown.api.access import PERSON, Access, caller_of
from deltacrown.api.resources import me, players
from deltacrown.api.resources.players import PlayerPath
from deltacrown.api.shapes.identities import GivenIdentity, PlayerIdentity
from deltacrown.core.audit import record_deed
from deltacrown.core.clock import now
from deltacrown.core.deeds import Deed
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.models.links import ProfileLink
from deltacrown.user_profile.people.addresses import get_nameable_player
from deltacrown.user_profile.people.identities import change_identity, change_profile
from deltacrown.user_profile.standing import require_good_standing
from django_tally.transactions import atomic_service

SHOWN = ("public_id", "display_name", "country", "bio", "links")
#: For staff who act for other players.
ACTOR = Access(Right.ACT_FOR_PLAYERS, None)


@me.resource.write("PATCH", "/me", answers=PlayerIdentity, access=PERSON, refuses=[409])
def change_me(request: HttpRequest, body: GivenIdentity) -> Any:
    """Change the caller's username, display name, country, bio or links; all of it or nothing.

    A username can be changed three times in 30 days. The former one finds the player until somebody else
    takes it; who signs in writes the present one.
    """
    member = caller_of(request).member
    require_good_standing(member, now())
    return _change(user=member, body=body, as_staff=False)


@players.resource.write(
    "PATCH", "/players/{public_id}", answers=PlayerIdentity, access=ACTOR, refuses=[404, 409, 410]
)
def change_player(request: HttpRequest, public_id: PlayerPath, body: GivenIdentity) -> Any:
    """Change a player's username, display name, country, bio or links, in the player's name; it is logged."""
    user, by = get_nameable_player(public_id).user, caller_of(request).member
    changed = ", ".join(sorted(body.model_dump(exclude_none=True)))
    record_deed(deed=Deed.IDENTITY_CHANGED, by=by, of=user, told={"what": changed or "nothing"})
    return _change(user=user, body=body, as_staff=True)


@atomic_service
def _change(*, user: User, body: GivenIdentity, as_staff: bool) -> dict[str, Any]:
    if body.username is not None and as_staff:
        rename_player(user=user, username=body.username)
    elif body.username is not None:
        rename_oneself(user=user, username=body.username, now=now())

    wanted: dict[str, Any] = body.model_dump(include={"display_name", "country", "bio"}, exclude_none=True)
    if "country" in wanted:
        wanted["country"] = wanted["country"].strip().upper()
    if body.links is not None:
        wanted["links"] = [ProfileLink(link.url, link.label) for link in body.links]
    if wanted and as_staff:
        change_identity(user=user, **wanted)
    elif wanted:
        change_profile(user=user, now=now(), **wanted)

    profile = UserProfile.objects.select_related("user").get(user=user)
    shown = {name: getattr(profile, name) for name in SHOWN}
    return {**shown, "username": profile.user.username}
