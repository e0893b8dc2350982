"""Privacy: who may see what of a player.

Pages, API, exports, feeds and caches all ask here, before they count or paginate.

The default is hidden: a missing privacy row hides both histories. Counters, placements, achievements, team
memberships and the public id are always visible and need no check. Staff see everything; what they see only
because they are staff is logged.
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
from deltacrown.user_profile.models.activity_types import list_activity_types
from django_tally.transactions import atomic_service

#: The log of staff reads of hidden data.
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
    """The relation of a viewer to the owner of a profile."""

    ANONYMOUS = "anonymous"
    MEMBER = "member"
    FOLLOWER = "follower"
    SELF = "self"
    STAFF = "staff"


class History(Enum):
    """A list that a player may hide."""

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
        """Return whether both histories are shown."""
        return self.match_history and self.tournaments

    def shows(self, histories: Collection[History]) -> bool:
        """Return whether the viewer may see all of ``histories``."""
        shown = {History.MATCHES: self.match_history, History.TOURNAMENTS: self.tournaments}
        return all(shown[history] for history in histories)


def get_audience(viewer: Viewer, owner: User) -> Audience:
    """Return the audience of ``viewer``: SELF before STAFF, STAFF before FOLLOWER.

    It is ANONYMOUS for a deactivated account.
    """
    if not _is_known(viewer):
        return Audience.ANONYMOUS
    if viewer.pk == owner.pk:
        return Audience.SELF
    if viewer.is_staff:
        return Audience.STAFF
    follows = Follow.objects.filter(follower_id=viewer.pk, followed=owner).exists()
    return Audience.FOLLOWER if follows else Audience.MEMBER


def is_staff(viewer: Viewer) -> TypeGuard[User]:
    """Return whether ``viewer`` is an active member of staff."""
    return _is_known(viewer) and viewer.is_staff


def get_visibility(owner: User, viewer: Viewer) -> Visibility:
    """Return all that ``viewer`` may see of ``owner``, in one query."""
    flags = PrivacySettings.objects.filter(user=owner).first()
    return Visibility(
        match_history=_sees(owner, viewer, MATCHES, shown=flags is not None and flags.show_match_history),
        tournaments=_sees(
            owner, viewer, TOURNAMENTS, shown=flags is not None and flags.show_tournament_stats
        ),
        own_records=is_self(viewer, owner) or is_staff(viewer),
    )


def can_see_match_history(owner: User, viewer: Viewer) -> bool:
    """Return whether ``viewer`` may see the matches of ``owner``, also as rows of a stat and in exports."""
    shown = PrivacySettings.objects.filter(user=owner, show_match_history=True).exists()
    return _sees(owner, viewer, MATCHES, shown=shown)


def can_see_tournaments(owner: User, viewer: Viewer) -> bool:
    """Return whether ``viewer`` may see the tournaments ``owner`` entered."""
    shown = PrivacySettings.objects.filter(user=owner, show_tournament_stats=True).exists()
    return _sees(owner, viewer, TOURNAMENTS, shown=shown)


def require_match_history(owner: User, viewer: Viewer) -> None:
    """Raise ``HistoryHidden`` unless ``viewer`` may see the matches of ``owner``."""
    if not can_see_match_history(owner, viewer):
        raise HistoryHidden("User has hidden match history", owner=owner)


def require_tournaments(owner: User, viewer: Viewer) -> None:
    """Raise ``HistoryHidden`` unless ``viewer`` may see the tournaments ``owner`` entered."""
    if not can_see_tournaments(owner, viewer):
        raise HistoryHidden("User has hidden tournament history", owner=owner)


def require_disputes(owner: User, viewer: Viewer) -> None:
    """Raise ``HistoryHidden`` unless ``viewer`` is ``owner`` or staff: only they see a player's disputes."""
    if not _sees(owner, viewer, DISPUTES, shown=False):
        message = "The disputes a player filed are shown to the player and to staff only"
        raise HistoryHidden(message, owner=owner)


def require_experience(owner: User, viewer: Viewer) -> None:
    """Raise ``HistoryHidden`` unless ``viewer`` is ``owner`` or staff, who alone see awards of experience.

    The reason of an award may name a match or a tournament that the player hides.
    """
    if not _sees(owner, viewer, EXPERIENCE, shown=False):
        message = "The awards behind a player's experience are shown to the player and to staff only"
        raise HistoryHidden(message, owner=owner)


def require_follows(owner: User, viewer: Viewer) -> None:
    """Raise ``HistoryHidden`` unless ``viewer`` is ``owner`` or staff: only they see who follows whom."""
    if not _sees(owner, viewer, FOLLOWS, shown=False):
        message = "Whom a player follows and who follows them is shown to the player and to staff only"
        raise HistoryHidden(message, owner=owner)


def require_verification(owner: User, viewer: Viewer) -> None:
    """Raise ``HistoryHidden`` unless ``viewer`` is ``owner`` or staff, who alone see a verification."""
    if not _sees(owner, viewer, VERIFICATION, shown=False):
        message = "A player's verification is shown to the player and to staff only"
        raise HistoryHidden(message, owner=owner)


def filter_activity_by_visibility(activities: QuerySet[Activity], viewer: Viewer) -> QuerySet[Activity]:
    """Return the entries that ``viewer`` may see, of any number of players.

    PUBLIC entries are for everyone, FOLLOWERS for followers, PRIVATE for the player and staff. Others never
    see a verification, whatever its visibility, and see a registration only when the player shows the
    tournaments they entered. Withdrawn entries are for nobody.

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
    return activities.filter(own | (visible & _is_for_others()))


def filter_activity_as_shown(activities: QuerySet[Activity], audience: Audience) -> QuerySet[Activity]:
    """Return the entries that strangers or followers see, for the preview of a player's own page.

    :param audience: ``ANONYMOUS`` or ``FOLLOWER``; the others see the same as one of these, or everything.
    """
    shown = [UserActivity.Visibility.PUBLIC]
    if audience is Audience.FOLLOWER:
        shown.append(UserActivity.Visibility.FOLLOWERS)
    return activities.filter(_is_for_others(), is_withdrawn=False, visibility__in=shown)


def filter_match_by_visibility(rows: QuerySet[Any], viewer: Viewer) -> QuerySet[Any]:
    """Return the rows of one match that ``viewer`` may see.

    Tournament matches are official and shown with everyone who played. Of a casual match, the rows of players
    who hide their match history are left out.
    """
    if is_staff(viewer):
        audit.info("staff %s read a match unfiltered", viewer.pk)
        return rows
    visible = Q(kind=MatchRow.Kind.TOURNAMENT) | Q(_owner_shows("show_match_history"))
    if _is_known(viewer):
        visible |= Q(user_id=viewer.pk)
    return rows.filter(visible)


def get_privacy(user: User) -> PrivacySettings:
    """Return the privacy settings of ``user``; with everything hidden when the row is missing."""
    return PrivacySettings.objects.filter(user=user).first() or PrivacySettings(
        user=user, show_match_history=False, show_tournament_stats=False
    )


@atomic_service
def set_privacy(*, user: User, show_match_history: bool, show_tournament_stats: bool) -> PrivacySettings:
    """Record the privacy settings of ``user``, which apply from the commit on.

    Create the row if it is missing.
    """
    settings, _ = PrivacySettings.objects.update_or_create(
        user=user,
        defaults={"show_match_history": show_match_history, "show_tournament_stats": show_tournament_stats},
    )
    return settings


def _sees(owner: User, viewer: Viewer, what: str, *, shown: bool) -> bool:
    if shown or is_self(viewer, owner):
        return True
    if not is_staff(viewer):
        return False
    audit.info("staff %s read the hidden %s of user %s", viewer.pk, what, owner.pk)
    return True


def _is_for_others() -> Q:
    """Match the entries whose type others may see.

    Those are all but the private types, some of them only where the player shows a history.
    """
    types = list_activity_types()
    shown = ~Q(activity_type__in=[each.value for each in types if each.is_private])

    for flag in sorted({each.shown_by for each in types if each.shown_by}):
        concerned = [each.value for each in types if each.shown_by == flag]
        shown &= ~Q(activity_type__in=concerned) | Q(_owner_shows(flag))

    return shown


def _owner_shows(flag: str) -> Exists:
    """Match rows whose owner shows ``flag``: one index lookup per row, not a list of everybody who does."""
    return Exists(PrivacySettings.objects.filter(user=OuterRef("user"), **{flag: True}))


def _viewer_follows(viewer: User) -> Exists:
    return Exists(Follow.objects.filter(follower_id=viewer.pk, followed=OuterRef("user")))


def _is_known(viewer: Viewer) -> TypeGuard[User]:
    return viewer is not None and viewer.is_authenticated and viewer.is_active


def is_self(viewer: Viewer, owner: User) -> bool:
    """Return whether ``viewer`` is the player themselves."""
    return _is_known(viewer) and viewer.pk == owner.pk
