"""The services that write teams and memberships; nothing else writes these tables."""

from deltacrown.teams.services.memberships import (
    InvalidDate,
    MembershipConflict,
    MembershipRecord,
    NotInTeam,
    join_team,
    leave_team,
    list_roster,
    record_memberships,
)
from deltacrown.teams.services.naming import TeamTaken, create_team, ensure_teams, find_teams, rename_team

__all__ = [
    "InvalidDate",
    "MembershipConflict",
    "MembershipRecord",
    "NotInTeam",
    "TeamTaken",
    "create_team",
    "ensure_teams",
    "find_teams",
    "join_team",
    "leave_team",
    "list_roster",
    "record_memberships",
    "rename_team",
]
