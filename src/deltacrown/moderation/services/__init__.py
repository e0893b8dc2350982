"""The services that write disputes; nothing else writes their table."""

from deltacrown.moderation.services.filing import (
    DisputeOpen,
    DisputeWindowClosed,
    InvalidDispute,
    NotAParticipant,
    file_dispute,
    get_dispute_deadline,
)
from deltacrown.moderation.services.reading import DisputeNotFound, get_dispute, list_disputes, write_handle
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
    MayNotResolve,
    reject_dispute,
    uphold_dispute,
)
from deltacrown.moderation.services.subjects import MatchGone, get_disputed_match

__all__ = [
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
    "Remedy",
    "UnfitRemedy",
    "VoidMatch",
    "file_dispute",
    "get_dispute",
    "get_dispute_deadline",
    "get_disputed_match",
    "list_disputes",
    "reject_dispute",
    "uphold_dispute",
    "write_handle",
]
