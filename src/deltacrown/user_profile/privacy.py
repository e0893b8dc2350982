"""Who may see what of whom. Pages, API, exports, feeds and caches all ask here, before anything is counted or paginated.

What is not expressly shown is hidden: a missing privacy row hides both histories. Counters,
placements, achievements, team memberships and the public id are always visible, and nothing here
is asked for them. Staff see everything; what they see only because they are staff is logged.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeGuard, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q, QuerySet

from deltacrown.accounts.models import User
from deltacrown.core.errors import DomainError
from deltacrown.games.models import MatchRow
from deltacrown.user_profile.models import ActivityRow, Follow, PrivacySettings, UserActivity
from django_tally.transactions import atomic_service

#: Where staff reads of hidden data are written down.
audit = logging.getLogger("deltacrown.audit")

Viewer = User | AnonymousUser | None
Activity = TypeVar("Activity", bound=ActivityRow)

MATCHES = "match history"
TOURNAMENTS = "tournament history"
DISPUTES = "disputes"
EXPERIENCE = "experience awards"
FOLLOWS = "follows"
VERIFICATION = "verification"


class Audience(Enum):
    """What a viewer is to the owner of a profile."""

    ANONYMOUS = "anonymous"
    MEMBER = "member"
    FOLLOWER = "follower"
    SELF = "self"
    STAFF = "staff"


class History(Enum):
    """A list of a player's that the player may hide."""

    MATCHES = "matches"
    TOURNAMENTS = "tournaments"


class HistoryHidden(DomainError):
    """The viewer may not see this history.

    :param owner: whose it is; ``None`` where that is hidden as well.
    """

    code = "hidden"

    def __init__(self, message: str, *, owner: User | None = None) -> None:
        super().__init__(message)
        self.owner = owner


@dataclass(frozen=True)
class Visibility:
    """What one viewer may see of one owner."""

    match_history: bool
    tournaments: bool
    own_records: bool

    @property
    def both_histories(self) -> bool:
        """Whether nothing of what the owner played and entered is hidden."""
        return self.match_history and self.tournaments

    def shows(self, histories: Collection[History]) -> bool:
        """Return whether the viewer may see all of ``histories``."""
        shown = {History.MATCHES: self.match_history, History.TOURNAMENTS: self.tournaments}
        return all(shown[history] for history in histories)


def get_audience(viewer: Viewer, owner: User) -> Audience:
    """What ``viewer`` is to ``owner``: themselves before staff, staff before follower. A deactivated account is anonymous."""
    if not _is_known(viewer):
        return Audience.ANONYMOUS
    if viewer.pk == owner.pk:
        return Audience.SELF
    if viewer.is_staff:
        return Audience.STAFF
    follows = Follow.objects.filter(follower_id=viewer.pk, followed=owner).exists()
    return Audience.FOLLOWER if follows else Audience.MEMBER


def is_staff(viewer: Viewer) -> TypeGuard[User]:
    """Whether ``viewer`` is an active member of staff."""
    return _is_known(viewer) and viewer.is_staff


def get_visibility(owner: User, viewer: Viewer) -> Visibility:
    """Everything a page about ``owner`` needs to know of ``viewer``, in one query; the single answers below, together."""
    flags = PrivacySettings.objects.filter(user=owner).first()
    return Visibility(
        match_history=_sees(owner, viewer, MATCHES, shown=flags is not None and flags.show_match_history),
        tournaments=_sees(owner, viewer, TOURNAMENTS, shown=flags is not None and flags.show_tournament_stats),
        own_records=is_self(viewer, owner) or is_staff(viewer),
    )


def can_see_match_history(owner: User, viewer: Viewer) -> bool:
    """Whether ``viewer`` may see the matches of ``owner``, one by one: also the rows of a number, and exports."""
    shown = PrivacySettings.objects.filter(user=owner, show_match_history=True).exists()
    return _sees(owner, viewer, MATCHES, shown=shown)


def can_see_tournaments(owner: User, viewer: Viewer) -> bool:
    """Whether ``viewer`` may see the list of tournaments ``owner`` entered."""
    shown = PrivacySettings.objects.filter(user=owner, show_tournament_stats=True).exists()
    return _sees(owner, viewer, TOURNAMENTS, shown=shown)


def require_match_history(owner: User, viewer: Viewer) -> None:
    """Refuse with ``HistoryHidden`` unless ``viewer`` may see the matches of ``owner``."""
    if not can_see_match_history(owner, viewer):
        raise HistoryHidden("User has hidden match history", owner=owner)


def require_tournaments(owner: User, viewer: Viewer) -> None:
    """Refuse with ``HistoryHidden`` unless ``viewer`` may see the tournaments ``owner`` entered."""
    if not can_see_tournaments(owner, viewer):
        raise HistoryHidden("User has hidden tournament history", owner=owner)


def require_disputes(owner: User, viewer: Viewer) -> None:
    """Refuse unless ``viewer`` may see the disputes ``owner`` filed: the player and staff alone."""
    if not _sees(owner, viewer, DISPUTES, shown=False):
        raise HistoryHidden("The disputes a player filed are shown to the player and to staff only", owner=owner)


def require_experience(owner: User, viewer: Viewer) -> None:
    """Refuse unless ``viewer`` may see the awards behind ``owner``'s experience: the player and staff alone.

    The reason of an award may name a match or a tournament that the player hides.
    """
    if not _sees(owner, viewer, EXPERIENCE, shown=False):
        raise HistoryHidden("The awards behind a player's experience are shown to the player and to staff only", owner=owner)


def require_follows(owner: User, viewer: Viewer) -> None:
    """Refuse unless ``viewer`` may see whom ``owner`` follows and who follows them: the player and staff alone."""
    if not _sees(owner, viewer, FOLLOWS, shown=False):
        raise HistoryHidden("Whom a player follows and who follows them is shown to the player and to staff only", owner=owner)


def require_verification(owner: User, viewer: Viewer) -> None:
    """Refuse unless ``viewer`` may see whether ``owner`` is verified: the player and staff alone."""
    if not _sees(owner, viewer, VERIFICATION, shown=False):
        raise HistoryHidden("A player's verification is shown to the player and to staff only", owner=owner)


def filter_activity_by_visibility(activities: QuerySet[Activity], viewer: Viewer) -> QuerySet[Activity]:
    """Keep the entries ``viewer`` may see; ``activities`` may be of any number of players.

    PUBLIC entries are for everyone, FOLLOWERS for followers, PRIVATE for the player and staff. A
    verification is the player's own affair whatever its visibility says, and a registration is
    shown to others only where the player shows the tournaments they entered. What was withdrawn is
    for nobody.

    :param activities: live entries or archived ones.
    """
    activities = activities.filter(is_withdrawn=False)
    if is_staff(viewer):
        audit.info("staff %s read a timeline unfiltered", viewer.pk)
        return activities
    visible, own = Q(visibility=UserActivity.Visibility.PUBLIC), Q()
    if _is_known(viewer):
        visible |= Q(visibility=UserActivity.Visibility.FOLLOWERS) & Q(_viewer_follows(viewer))
        own = Q(user_id=viewer.pk)
    return activities.filter(own | (visible & _tellable()))


def filter_activity_as_shown(activities: QuerySet[Activity], audience: Audience) -> QuerySet[Activity]:
    """Keep what strangers or followers see of entries, for the players they are about to look at.

    :param audience: ``ANONYMOUS`` or ``FOLLOWER``: others see either what these do, or everything.
    """
    shown = [UserActivity.Visibility.PUBLIC]
    if audience is Audience.FOLLOWER:
        shown.append(UserActivity.Visibility.FOLLOWERS)
    return activities.filter(_tellable(), is_withdrawn=False, visibility__in=shown)


def filter_match_by_visibility(rows: QuerySet[Any], viewer: Viewer) -> QuerySet[Any]:
    """Keep the match rows of one encounter that ``viewer`` may see; each row is its own player's.

    Tournament matches are official and shown with everyone who played; of a casual one, the rows
    of players who hide their match history are left out.
    """
    if is_staff(viewer):
        audit.info("staff %s read an encounter unfiltered", viewer.pk)
        return rows
    visible = Q(kind=MatchRow.Kind.TOURNAMENT) | Q(_owner_shows("show_match_history"))
    if _is_known(viewer):
        visible |= Q(user_id=viewer.pk)
    return rows.filter(visible)


def get_privacy(user: User) -> PrivacySettings:
    """What ``user`` lets others see; everything hidden when the row is missing, as it is treated then."""
    return PrivacySettings.objects.filter(user=user).first() or PrivacySettings(
        user=user, show_match_history=False, show_tournament_stats=False
    )


@atomic_service
def set_privacy(*, user: User, show_match_history: bool, show_tournament_stats: bool) -> PrivacySettings:
    """Record what ``user`` lets others see; it holds from the commit on. Makes the row if it is missing."""
    settings, _ = PrivacySettings.objects.update_or_create(
        user=user, defaults={"show_match_history": show_match_history, "show_tournament_stats": show_tournament_stats}
    )
    return settings


def _sees(owner: User, viewer: Viewer, what: str, *, shown: bool) -> bool:
    if shown or is_self(viewer, owner):
        return True
    if not is_staff(viewer):
        return False
    audit.info("staff %s read the hidden %s of user %s", viewer.pk, what, owner.pk)
    return True


def _tellable() -> Q:
    """What of a timeline others may be told at all: no verification, and registrations where the player shows them."""
    is_registration = Q(activity_type=UserActivity.Type.TOURNAMENT_REGISTERED)
    return ~Q(activity_type=UserActivity.Type.KYC_VERIFIED) & (~is_registration | Q(_owner_shows("show_tournament_stats")))


def _owner_shows(flag: str) -> Exists:
    """Whether the owner of the outer row shows ``flag``; one index lookup per row, not a list of everybody who does."""
    return Exists(PrivacySettings.objects.filter(user=OuterRef("user"), **{flag: True}))


def _viewer_follows(viewer: User) -> Exists:
    return Exists(Follow.objects.filter(follower_id=viewer.pk, followed=OuterRef("user")))


def _is_known(viewer: Viewer) -> TypeGuard[User]:
    return viewer is not None and viewer.is_authenticated and viewer.is_active


def is_self(viewer: Viewer, owner: User) -> bool:
    """Whether ``viewer`` is the player themselves."""
    return _is_known(viewer) and viewer.pk == owner.pk
