"""Suspending players, and lifting suspensions."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from deltacrown.api.access import SUSPENDER, caller_of
from deltacrown.api.resource import Resource
from deltacrown.api.resources.players import PlayerPath
from deltacrown.api.shapes.players import GivenSuspension, ToldStanding
from deltacrown.core.clock import now
from deltacrown.user_profile.people import standings
from deltacrown.user_profile.people.addresses import get_any_player

resource = Resource("players")

SUSPENSION: dict[str, Any] = {"answers": ToldStanding, "access": SUSPENDER, "refuses": [404, 409]}


@resource.write("PUT", "/players/{public_id}/suspension", **SUSPENSION)
def suspend_player(request: HttpRequest, public_id: PlayerPath, body: GivenSuspension) -> Any:
    """Suspend a player, or change the end or the reason of a suspension; the same again changes nothing.

    A suspended player is on no leaderboard, in no search, feed or list of followers, and writes nothing in
    public. Official results keep their rows, and nobody else's number changes.
    """
    by, user = caller_of(request).member, get_any_player(public_id).user
    standings.suspend_player(user=user, until=body.until, reason=body.reason, by=by, now=now())
    return standings.get_standing(user, by)


@resource.write("DELETE", "/players/{public_id}/suspension", **SUSPENSION)
def lift_suspension(request: HttpRequest, public_id: PlayerPath) -> Any:
    """End a suspension now; everything is as before. Without one, this changes nothing."""
    by, user = caller_of(request).member, get_any_player(public_id).user
    standings.lift_suspension(user=user, by=by, now=now())
    return standings.get_standing(user, by)
