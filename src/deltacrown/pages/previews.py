"""What others see of a player, for the player to look at.

It answers for an audience and never for another viewer: only one's own page can be previewed, and
nothing is shown that the player does not see anyway.
"""

from __future__ import annotations

from dataclasses import dataclass

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput
from deltacrown.core.pagination import paginate
from deltacrown.pages.players import ProfilePage, get_profile_page
from deltacrown.user_profile.models import ArchivedUserActivity, UserActivity
from deltacrown.user_profile.privacy import Audience, filter_activity_as_shown
from deltacrown.user_profile.timeline.reading import ORDER, ActivityEntry, describe_entries

#: As whom one can look at one's own page, by what an address calls them.
AUDIENCES = {"stranger": Audience.ANONYMOUS, "follower": Audience.FOLLOWER}
TIMELINE_SHOWN = 10


@dataclass(frozen=True)
class Preview:
    """One's own page as an audience sees it.

    :param audience: ``stranger`` or ``follower``.
    :param timeline: the latest entries.
    """

    audience: str
    page: ProfilePage
    timeline: list[ActivityEntry]


def get_preview(*, owner: User, audience: str) -> Preview:
    """The profile of ``owner`` as strangers or followers see it.

    :raises InvalidInput: for another audience.
    """
    if audience not in AUDIENCES:
        raise InvalidInput(f"{audience[:40]!r} is nobody to look as: choose {' or '.join(AUDIENCES)}.", field="as")
    # What a profile page shows of the histories is the same for all who are neither the player nor staff.
    page = get_profile_page(owner.profile.public_id, viewer=None)
    tables = (UserActivity.objects.filter(user=owner), ArchivedUserActivity.objects.filter(user=owner))
    shown = [filter_activity_as_shown(rows, AUDIENCES[audience]) for rows in tables]
    found = paginate(shown, listing=f"preview/{owner.pk}", order=ORDER, limit=TIMELINE_SHOWN)
    return Preview(audience, page, describe_entries(found.items))
