"""What a signed-in player is shown about themselves: the account page of the API, the feed, and the preview.

Settings of one value, such as privacy or verification, are read from their room in ``user_profile``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput
from deltacrown.core.pagination import Page, check_limit
from deltacrown.pages.players import ProfilePage, build_profile_page
from deltacrown.user_profile.models import (
    ArchivedUserActivity,
    Follow,
    PrivacySettings,
    UserActivity,
    UserProfile,
)
from deltacrown.user_profile.numbers.catalogue import StatLine, describe_stats
from deltacrown.user_profile.people.addresses import profile_of
from deltacrown.user_profile.people.privacy_settings import get_privacy
from deltacrown.user_profile.people.standings import ToldStanding, get_standing
from deltacrown.user_profile.privacy import (
    Audience,
    filter_activity_as_shown,
    filter_activity_by_visibility,
)
from deltacrown.user_profile.standing import filter_listed
from deltacrown.user_profile.timeline.reading import ActivityEntry, describe_entries, paginate_entries

#: As which audience a player can look at their own page, by the word in the address.
AUDIENCES = {"stranger": Audience.ANONYMOUS, "follower": Audience.FOLLOWER}
PREVIEWED_ENTRIES = 10


@dataclass(frozen=True)
class OwnPage:
    """A player's own numbers and settings, and their standing."""

    profile: UserProfile
    stats: list[StatLine]
    privacy: PrivacySettings
    standing: ToldStanding | None


@dataclass(frozen=True)
class FeedEntry:
    """A timeline entry of a player whom the reader follows."""

    profile: UserProfile
    entry: ActivityEntry


@dataclass(frozen=True)
class Preview:
    """A player's own page as an audience sees it.

    :param audience: ``stranger`` or ``follower``.
    :param timeline: the latest entries.
    """

    audience: str
    page: ProfilePage
    timeline: list[ActivityEntry]


def get_own_page(user: User) -> OwnPage:
    """Return the numbers and the privacy settings of ``user``."""
    profile = user.profile
    return OwnPage(profile, describe_stats(profile), get_privacy(user), get_standing(user, user))


def get_home_feed(viewer: User, page: str | None = None, limit: int = 10) -> Page[FeedEntry]:
    """Return a page of the timelines of the players ``viewer`` follows, latest first.

    One query. Entries that ``viewer`` may not see are left out, as are those of players who are suspended or
    gone, and archived ones; those are on the players' own timelines.

    :param limit: 1 to 50.
    :raises InvalidInput: for a cursor or limit that cannot be taken.
    """
    check_limit(limit)
    followed = Follow.objects.filter(follower=viewer).values("followed")
    entries = filter_listed(UserActivity.objects.filter(user__in=followed))
    visible = filter_activity_by_visibility(entries, viewer).select_related("user__profile")
    found = paginate_entries([visible], listing=f"feed/{viewer.pk}", viewer=viewer, cursor=page, limit=limit)
    return found.with_items(_describe_feed)


def get_preview(*, owner: User, audience: str) -> Preview:
    """Return the profile page of ``owner`` as strangers or followers see it.

    It answers for an audience and never for another viewer: a player can preview only their own page, and
    sees nothing there that they do not see anyway.

    :raises InvalidInput: for another audience.
    """
    if audience not in AUDIENCES:
        sentence = _("There is no audience %(audience)s: use stranger or follower.")
        message = sentence % {"audience": repr(audience[:40])}
        raise InvalidInput(message, field="as")

    # A profile page shows the same histories to everybody who is neither the player nor staff.
    page = build_profile_page(owner.profile.public_id, viewer=None)

    tables = (UserActivity.objects.filter(user=owner), ArchivedUserActivity.objects.filter(user=owner))
    shown = [filter_activity_as_shown(rows, AUDIENCES[audience]) for rows in tables]
    found = paginate_entries(
        shown, listing=f"preview/{owner.pk}", viewer=None, owner=owner, limit=PREVIEWED_ENTRIES
    )
    return Preview(audience, page, describe_entries(found.items))


def _describe_feed(rows: Sequence[UserActivity]) -> list[FeedEntry]:
    entries = describe_entries(rows)
    return [FeedEntry(profile_of(row.user), entry) for row, entry in zip(rows, entries, strict=True)]
