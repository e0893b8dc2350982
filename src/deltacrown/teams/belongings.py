"""What becomes of memberships and roles when a player's accounts are merged, or the player is anonymised."""

from deltacrown.accounts.belongings import Belonging, OnAnonymise, OnMerge
from deltacrown.accounts.texts import describe
from deltacrown.teams.models import (
    FormerTeamName,
    Team,
    TeamExternalId,
    TeamInvitation,
    TeamMembership,
    TeamRole,
    TeamSearchTerm,
)

BELONGINGS = [
    Belonging(TeamMembership, "user", OnMerge.MOVE, OnAnonymise.KEEP),
    Belonging(TeamRole, "user", OnMerge.MOVE, OnAnonymise.KEEP),
    Belonging(TeamRole, "given_by", OnMerge.MOVE, OnAnonymise.KEEP),
    Belonging(TeamInvitation, "user", OnMerge.MOVE, OnAnonymise.DELETE),
    Belonging(TeamInvitation, "invited_by", OnMerge.MOVE, OnAnonymise.KEEP),
]

TEXTS = [
    describe(Team, title="slug name name_key name_skeleton search_key"),
    describe(FormerTeamName, title="key name search_key"),
    describe(TeamExternalId, title="value key", nameless="provider"),
    describe(TeamRole, nameless="role"),
    describe(TeamInvitation, nameless="answer"),
    # They follow from names and slugs, which are told themselves.
    describe(TeamSearchTerm, nameless="term former_name"),
]
