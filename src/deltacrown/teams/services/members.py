"""Who plays for a team at a time: its members, but those who only coach, analyse or manage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from deltacrown.accounts.models import User
from deltacrown.teams.models import STAFF_ROLES, TeamMembership, TeamRole
from django_tally.batches import in_batches


@dataclass(frozen=True)
class Member:
    """A membership, with all roles that the player ever had in the team."""

    membership: TeamMembership
    roles: tuple[TeamRole, ...]

    @property
    def user(self) -> User:
        return self.membership.user

    def plays_at(self, at: datetime) -> bool:
        """Return whether they are in the team at ``at``, and as more than its staff."""
        row = self.membership
        if row.joined_at > at or (row.left_at is not None and row.left_at <= at):
            return False
        held = [each.role for each in self.roles if _is_held(each, at)]
        return not held or any(role not in STAFF_ROLES for role in held)


def list_members(teams: Iterable[int]) -> dict[int, list[Member]]:
    """Return team's id → every membership in it, those who joined first at the top. Two queries for 500."""
    members: dict[int, list[Member]] = {team: [] for team in teams}
    for batch in in_batches(sorted(members)):
        roles: dict[tuple[int, int], list[TeamRole]] = defaultdict(list)
        for role in TeamRole.objects.filter(team__in=batch):
            roles[role.team_id, role.user_id].append(role)
        rows = TeamMembership.objects.filter(team__in=batch).select_related("user")
        for row in rows.order_by("joined_at", "pk"):
            members[row.team_id].append(Member(row, tuple(roles[row.team_id, row.user_id])))
    return members


def _is_held(role: TeamRole, at: datetime) -> bool:
    return role.given_at <= at and (role.ended_at is None or role.ended_at > at)
