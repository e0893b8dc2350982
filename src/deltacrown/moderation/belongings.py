"""What becomes of disputes, and of statements, when a player's accounts are merged, or one is anonymised."""

from deltacrown.accounts.belongings import Belonging, OnAnonymise, OnMerge
from deltacrown.accounts.texts import describe
from deltacrown.moderation.models import Dispute, DisputeStatement

BELONGINGS = [
    Belonging(Dispute, "reporter", OnMerge.MOVE, OnAnonymise.KEEP),
    Belonging(Dispute, "resolved_by", OnMerge.MOVE, OnAnonymise.KEEP),
    Belonging(Dispute, "assigned_to", OnMerge.MOVE, OnAnonymise.KEEP),
    Belonging(DisputeStatement, "author", OnMerge.MOVE, OnAnonymise.DELETE),
]

TEXTS = [
    describe(Dispute, nameless="status", free="reason resolution"),
    describe(DisputeStatement, free="words former"),
]
