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
from deltacrown.teams.services.naming import (
    TeamTaken,
    create_team,
    ensure_teams,
    find_team_faults,
    find_teams,
    list_team_words,
    list_words_of_renamed,
    rename_team,
    resolve_teams,
)

__all__ = [
    "InvalidDate",
    "MembershipConflict",
    "MembershipRecord",
    "NotInTeam",
    "TeamTaken",
    "create_team",
    "ensure_teams",
    "find_team_faults",
    "find_teams",
    "join_team",
    "leave_team",
    "list_roster",
    "list_team_words",
    "list_words_of_renamed",
    "record_memberships",
    "rename_team",
    "resolve_teams",
]
