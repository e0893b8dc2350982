"""The services that write disputes; nothing else writes their table."""

from deltacrown.moderation.services.assigning import (
    AlreadyAssigned,
    NotOpen,
    assign_dispute,
    claim_dispute,
    list_resolvers,
    release_dispute,
)
from deltacrown.moderation.services.filing import (
    DisputeOpen,
    DisputeWindowClosed,
    InvalidDispute,
    NotAParticipant,
    file_dispute,
    get_dispute_deadline,
)
from deltacrown.moderation.services.parties import (
    MayNotResolve,
    get_disputed_tournament,
    is_affected,
    runs_disputed,
)
from deltacrown.moderation.services.reading import (
    DisputeNotFound,
    find_dispute,
    get_dispute,
    list_disputes,
    list_disputes_of,
    write_handle,
)
from deltacrown.moderation.services.remedies import (
    CorrectMatch,
    CorrectResult,
    Disqualify,
    Remedy,
    UnfitRemedy,
    VoidMatch,
)
from deltacrown.moderation.services.resolution import (
    AlreadyResolved,
    reject_dispute,
    uphold_dispute,
)
from deltacrown.moderation.services.subjects import MatchGone, get_disputed_match

__all__ = [
    "AlreadyAssigned",
    "AlreadyResolved",
    "CorrectMatch",
    "CorrectResult",
    "DisputeNotFound",
    "DisputeOpen",
    "DisputeWindowClosed",
    "Disqualify",
    "InvalidDispute",
    "MatchGone",
    "MayNotResolve",
    "NotAParticipant",
    "NotOpen",
    "Remedy",
    "UnfitRemedy",
    "VoidMatch",
    "assign_dispute",
    "claim_dispute",
    "file_dispute",
    "find_dispute",
    "get_dispute",
    "get_dispute_deadline",
    "get_disputed_match",
    "get_disputed_tournament",
    "is_affected",
    "list_disputes",
    "list_disputes_of",
    "list_resolvers",
    "reject_dispute",
    "release_dispute",
    "runs_disputed",
    "uphold_dispute",
    "write_handle",
]
