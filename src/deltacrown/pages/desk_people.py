"""Who runs a tournament: its organiser, and those beside them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput
from deltacrown.pages.desks import get_desk
from deltacrown.pages.naming import get_named_player
from deltacrown.tournaments import services
from deltacrown.tournaments.models import Tournament
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.people.addresses import find_users
from deltacrown.user_profile.standing import SHOWN, is_suspended, require_good_standing
from django_tally.transactions import atomic_service


@dataclass(frozen=True)
class CoOrganiserLine:
    """Somebody who runs the tournament beside its organiser.

    :param is_self: whether it is who looks.
    """

    player: UserProfile
    added_by: UserProfile | None
    added_at: datetime
    is_self: bool


@dataclass(frozen=True)
class PeoplePage:
    """Who runs a tournament.

    :param owns: whether who looks says who runs it.
    """

    tournament: Tournament
    organiser: UserProfile | None
    others: list[CoOrganiserLine]
    owns: bool


def get_people_page(slug: str, *, viewer: User) -> PeoplePage:
    """Return who runs a tournament, to who runs it."""
    event = get_desk(slug, viewer=viewer)
    organiser = UserProfile.objects.filter(user=event.organiser_id).first() if event.organiser_id else None
    lines = [
        CoOrganiserLine(
            player=row.user.profile,
            added_by=row.added_by.profile if row.added_by else None,
            added_at=row.added_at,
            is_self=row.user_id == viewer.pk,
        )
        for row in services.list_organisers(event)
    ]
    return PeoplePage(event, organiser, lines, owns=services.owns_tournament(event, viewer))


@atomic_service
def add_co_organiser(*, slug: str, player: str, by: User, now: datetime) -> UserProfile:
    """Let the player with a name or public id run a tournament; return them.

    :raises InvalidInput: there is no such player, or they cannot run one now.
    """
    event = get_desk(slug, viewer=by)
    services.require_ownership(event, by)
    require_good_standing(by, now)
    user = get_named_player(player, viewer=by)
    profile = _require_able(user, now)
    services.add_organiser(tournament=event, user=user, by=by)
    return profile


@atomic_service
def remove_co_organiser(*, slug: str, public_id: str, by: User) -> UserProfile:
    """End that a player runs a tournament beside its organiser; return them."""
    event = get_desk(slug, viewer=by)
    user = _get_user(public_id)
    services.remove_organiser(tournament=event, user=user, by=by)
    return user.profile


@atomic_service
def hand_over(*, slug: str, public_id: str, by: User, now: datetime) -> UserProfile:
    """Make a player who runs a tournament its organiser; return them."""
    event = get_desk(slug, viewer=by)
    user = _get_user(public_id)
    profile = _require_able(user, now)
    services.hand_over_tournament(tournament=event, user=user, by=by)
    return profile


def _get_user(public_id: str) -> User:
    found = find_users([public_id])
    if public_id not in found:
        raise InvalidInput(_("This is nobody’s public id: they look like DC-25-000042."), field="player")
    return found[public_id]


def _require_able(user: User, now: datetime) -> UserProfile:
    """Refuse players whose account is closed, or who are suspended, without saying which."""
    profile: UserProfile = user.profile
    if profile.standing not in SHOWN or is_suspended(profile, now) or not user.is_active:
        raise InvalidInput(
            _("This player cannot run a tournament now; choose somebody else."), field="player"
        )
    return profile
