"""A player's standing as staff see it: what it is, since when and why, by whom, and every change before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right, has_right
from deltacrown.core.audit import record_deed
from deltacrown.core.deeds import Deed
from deltacrown.core.pagination import Order, Page, paginate
from deltacrown.user_profile.models import Standing, StandingChange, UserProfile
from deltacrown.user_profile.people.addresses import get_any_player
from deltacrown.user_profile.people.standings import MayNotChangeStanding, ToldStanding, get_standing
from deltacrown.user_profile.privacy import Viewer

LATEST_FIRST: Order = ("-changed_at", "-id")
CHANGES_SHOWN = 20


@dataclass(frozen=True)
class StandingPage:
    """A player's standing with its log.

    :param is_players: whether the player closed the account, and can still reopen it.
    """

    profile: UserProfile
    told: ToldStanding
    is_players: bool
    log: Page[StandingChange]


def get_standing_page(
    public_id: str, page: str | None, *, viewer: Viewer, now: datetime, limit: int = CHANGES_SHOWN
) -> StandingPage:
    """Return a player's standing and a page of its changes, the latest first.

    :raises MayNotChangeStanding: the viewer may not change the standing of players.
    :raises NotFound: there is no such player.
    """
    if viewer is None or not has_right(viewer, Right.SUSPEND_PLAYERS):
        message = gettext("The standing of players is for staff with the permission %(right)s.") % {
            "right": Right.SUSPEND_PLAYERS
        }
        raise MayNotChangeStanding(message)

    profile = get_any_player(public_id)  # who decides about a closed account must reach it
    owner = profile.user
    record_deed(deed=Deed.READ_STANDING, by=viewer, of=owner)
    changes = StandingChange.objects.filter(user=owner).select_related("decided_by__profile")
    log = paginate(changes, listing=f"standing/{owner.pk}", order=LATEST_FIRST, cursor=page, limit=limit)
    told = get_standing(owner, viewer) or ToldStanding(Standing.ACTIVE)
    return StandingPage(profile=profile, told=told, is_players=may_reopen(owner, now), log=log)


def may_reopen(owner: User, now: datetime) -> bool:
    """Return whether the player closed this account, and may still reopen it.

    One that staff closes has no end.
    """
    profile = getattr(owner, "profile", None)
    if profile is None or profile.standing != Standing.CLOSED:
        return False
    return profile.standing_until is not None and profile.standing_until > now
