"""What a signed-in player is shown about themselves: the account page of the API, the feed, and the preview.

Settings of one value, such as privacy or verification, are read from their room in ``user_profile``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput
from deltacrown.core.pagination import Page, check_limit
from deltacrown.pages.owners import Owner
from deltacrown.pages.players import RECENT, ProfilePage, build_profile_page
from deltacrown.user_profile.histories.line_ups import add_opponents
from deltacrown.user_profile.histories.matches import MatchEntry, list_latest_matches
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
from deltacrown.user_profile.previewing import filter_activity_as_shown, shows_line
from deltacrown.user_profile.privacy import Audience, filter_activity_by_visibility
from deltacrown.user_profile.standing import SHOWN, filter_listed
from deltacrown.user_profile.timeline.reading import ActivityEntry, describe_entries, paginate_entries

#: As which audience a player can look at their own page, by the word in the address.
OPPONENT = "opponent"
AUDIENCES = {
    "stranger": Audience.ANONYMOUS,
    "follower": Audience.FOLLOWER,
    OPPONENT: Audience.ANONYMOUS,
}
PREVIEWED_ENTRIES = 10
SETTINGS = ("show_match_history", "show_tournament_stats")
#: Among how many of the latest matches those against somebody are looked for.
SEARCHED = 30


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
class SharedMatch:
    """A match that a player played against others.

    :param is_shown: whether the others see the player's line in it, on its page and in their own history.
    """

    entry: MatchEntry
    is_shown: bool


@dataclass(frozen=True)
class Preview:
    """A player's own page as an audience sees it.

    :param audience: ``stranger``, ``follower``, or ``opponent``: somebody who played against the player.
    :param flags: the settings under which it is shown.
    :param unsaved: the names of those settings that differ from the ones that are saved.
    :param timeline: the latest entries.
    :param shared: for an opponent, the latest matches against anybody whom the player may see in them.
    """

    audience: str
    flags: PrivacySettings
    unsaved: tuple[str, ...]
    page: ProfilePage
    timeline: list[ActivityEntry]
    shared: list[SharedMatch]


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


def get_preview(*, owner: User, audience: str, wished: Mapping[str, bool] | None = None) -> Preview:
    """Return the profile page of ``owner`` as strangers, followers or opponents see it.

    It answers for an audience and never for another viewer: a player can preview only their own page, and
    sees nothing there that they do not see anyway.

    :param wished: the privacy settings to show it under, by name; None for those that are saved. Nobody
        sees anything of a player whose pages are gone.
    :raises InvalidInput: for another audience.
    """
    if audience not in AUDIENCES:
        sentence = _("There is no audience %(audience)s: use stranger, follower or opponent.")
        message = sentence % {"audience": repr(audience[:40])}
        raise InvalidInput(message, field="as")

    saved = get_privacy(owner)
    flags = saved if wished is None else PrivacySettings(user=owner, **wished)
    if owner.profile.standing not in SHOWN:
        flags = PrivacySettings(user=owner, **dict.fromkeys(SETTINGS, False))
    unsaved = tuple(name for name in SETTINGS if getattr(flags, name) != getattr(saved, name))

    tables = (UserActivity.objects.filter(user=owner), ArchivedUserActivity.objects.filter(user=owner))
    shown = [filter_activity_as_shown(rows, AUDIENCES[audience], flags) for rows in tables]
    found = paginate_entries(
        shown, listing=f"preview/{owner.pk}", viewer=None, owner=owner, limit=PREVIEWED_ENTRIES, flags=flags
    )
    return Preview(
        audience,
        flags,
        unsaved,
        _preview_profile(owner, flags),
        describe_entries(found.items),
        _list_shared(owner, flags) if audience == OPPONENT else [],
    )


def _preview_profile(owner: User, flags: PrivacySettings) -> ProfilePage:
    """Return the profile page: the same to everybody who is neither the player nor staff."""
    profile = profile_of(owner)
    known = Owner(profile, token=None, flags=flags, follows=None, blocks=None, is_verified=False)
    page = build_profile_page(profile.public_id, viewer=None, known=known)
    return replace(page, matches=page.matches and add_opponents(page.matches, viewer=None))


def _list_shared(owner: User, flags: PrivacySettings) -> list[SharedMatch]:
    latest = list_latest_matches(owner, limit=SEARCHED)
    against = [entry for entry in add_opponents(latest, viewer=owner) if entry.opponents]
    return [SharedMatch(entry, shows_line(entry.kind, flags)) for entry in against[:RECENT]]


def _describe_feed(rows: Sequence[UserActivity]) -> list[FeedEntry]:
    entries = describe_entries(rows)
    return [FeedEntry(profile_of(row.user), entry) for row, entry in zip(rows, entries, strict=True)]
