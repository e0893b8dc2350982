"""Periods of memberships and roles, where two accounts of one person become one, or two again.

Nothing is announced: the caller syncs what follows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db.models import Q

from deltacrown.core.dates import NEVER
from deltacrown.teams.models import TeamMembership, TeamRole
from deltacrown.teams.services.memberships import lock_teams
from django_tally.transactions import atomic_service

Lasting = TeamMembership | TeamRole
#: Table → the columns in which a period begins and ends.
PERIODS: dict[type[Lasting], tuple[str, str]] = {
    TeamMembership: ("joined_at", "left_at"),
    TeamRole: ("given_at", "ended_at"),
}


@atomic_service
def set_period(*, row: Lasting, begin: datetime, end: datetime | None) -> None:
    """Set when a membership or a role began and ended."""
    lock_teams([row.team_id])
    columns = PERIODS[type(row)]
    for column, value in zip(columns, (begin, end), strict=True):
        setattr(row, column, value)
    row.save(update_fields=columns)


def read_role_ends(*, users: Collection[int]) -> dict[int, datetime | None]:
    """Return key of a role → when it ended, for the roles of some players."""
    return dict(TeamRole.objects.filter(user__in=users).values_list("pk", "ended_at"))


@atomic_service
def restore_role_ends(*, ends: Mapping[int, datetime | None]) -> None:
    """Set roles that ended with one membership back to when they ended, where another one covers them.

    :param ends: as ``read_role_ends`` returned before memberships were changed.
    """
    for role in TeamRole.objects.filter(pk__in=ends).order_by("team_id", "pk"):
        was = ends[role.pk]
        if role.ended_at == was:
            continue
        covered = TeamMembership.objects.filter(team=role.team_id, user=role.user_id)
        covered = covered.filter(Q(left_at__isnull=True) | Q(left_at__gt=role.given_at))
        lefts = list(covered.filter(joined_at__lte=role.given_at).values_list("left_at", flat=True))
        if lefts:
            last = max(left or NEVER for left in lefts)
            end = min(was or NEVER, last)
            set_period(row=role, begin=role.given_at, end=None if end == NEVER else end)
