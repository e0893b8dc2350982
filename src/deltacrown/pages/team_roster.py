"""Who was in a team and when: its roster over time, and the names that it had.

Memberships are public, by the day. Players who are not listed are left out, as everywhere where players are
listed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, Value, Window
from django.db.models.functions import Coalesce, RowNumber

from deltacrown.core.dates import NEVER
from deltacrown.core.pagination import Order, Page, paginate
from deltacrown.teams.models import FormerTeamName, Team, TeamMembership
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.people.addresses import profile_of
from deltacrown.user_profile.standing import filter_listed

#: The present members first, those who joined last before others; then who left last.
BY_LEAVING: Order = ("-until", "-joined_at", "-id")
#: How many stays of one member are shown, and how many former names of a team; the latest are.
MOST_STAYS, MOST_NAMES = 12, 10


@dataclass(frozen=True)
class Stay:
    """A time that a player spent in a team; ``left_at`` is None while they are in it."""

    joined_at: datetime
    left_at: datetime | None


@dataclass(frozen=True)
class RosterLine:
    """A present or former member of a team.

    :param stays: the latest, in the order of time; there is one at least.
    :param has_earlier: whether there are more before them.
    """

    player: UserProfile
    stays: list[Stay]
    has_earlier: bool

    @property
    def is_present(self) -> bool:
        """Return whether they are in the team now."""
        return self.stays[-1].left_at is None


def list_roster(team: Team, page: str | None = None, *, limit: int = 20) -> Page[RosterLine]:
    """Return a page of the present and former members of a team, the present first; two queries."""
    until = Coalesce("left_at", Value(NEVER))
    stays = TeamMembership.objects.lasting().filter(team=team).annotate(until=until)
    same = stays.filter(user=OuterRef("user"))
    later = same.filter(Q(until__gt=OuterRef("until")) | Q(until=OuterRef("until"), pk__gt=OuterRef("pk")))
    last = filter_listed(stays).exclude(Exists(later)).select_related("user__profile")
    found = paginate(last, listing=f"roster/{team.pk}", order=BY_LEAVING, cursor=page, limit=limit)
    return found.with_items(lambda rows: _describe_roster(team, rows))


def list_former_names(team: Team) -> list[FormerTeamName]:
    """Return the names that a team had, the latest first, each with when it was given up; slugs are none."""
    rows = FormerTeamName.objects.filter(owner=team).exclude(search_key="").exclude(name=team.name)
    return list(rows.order_by("-given_up_at", "-id")[:MOST_NAMES])


def _describe_roster(team: Team, rows: Sequence[TeamMembership]) -> list[RosterLine]:
    """Return a line for each of these, who are all different players."""
    all_stays = TeamMembership.objects.lasting().filter(team=team, user__in=[row.user_id for row in rows])
    latest_first = [F("joined_at").desc(), F("id").desc()]
    numbered = all_stays.annotate(
        number=Window(RowNumber(), partition_by=["user"], order_by=latest_first)
    ).filter(number__lte=MOST_STAYS + 1)
    stays: defaultdict[int, list[Stay]] = defaultdict(list)
    for row in numbered.order_by("joined_at", "id"):
        stays[row.user_id].append(Stay(row.joined_at, row.left_at))
    return [
        RosterLine(
            profile_of(row.user), stays[row.user_id][-MOST_STAYS:], len(stays[row.user_id]) > MOST_STAYS
        )
        for row in rows
    ]
