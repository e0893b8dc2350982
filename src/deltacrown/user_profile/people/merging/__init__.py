"""Merge two accounts of one person: preview, do, undo."""

from deltacrown.user_profile.people.merging.merges import (
    find_account,
    get_merge,
    list_merges,
    merge_players,
    preview_merge,
    rehearse_merge,
    undo_merge,
)
from deltacrown.user_profile.people.merging.preview import Collision, MergePreview
from deltacrown.user_profile.people.merging.refusals import (
    CannotMerge,
    CannotUndoMerge,
    MayNotMerge,
    PlayersMet,
)

__all__ = [
    "CannotMerge",
    "CannotUndoMerge",
    "Collision",
    "MayNotMerge",
    "MergePreview",
    "PlayersMet",
    "find_account",
    "get_merge",
    "list_merges",
    "merge_players",
    "preview_merge",
    "rehearse_merge",
    "undo_merge",
]
