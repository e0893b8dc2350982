"""What becomes of disputes when a player's accounts are merged, or the player is anonymised."""

from deltacrown.accounts.belongings import Belonging, OnAnonymise, OnMerge
from deltacrown.accounts.texts import describe
from deltacrown.moderation.models import Dispute

BELONGINGS = [
    Belonging(Dispute, "reporter", OnMerge.MOVE, OnAnonymise.KEEP),
    Belonging(Dispute, "resolved_by", OnMerge.MOVE, OnAnonymise.KEEP),
    Belonging(Dispute, "assigned_to", OnMerge.MOVE, OnAnonymise.KEEP),
]

TEXTS = [describe(Dispute, nameless="status", free="reason resolution")]
