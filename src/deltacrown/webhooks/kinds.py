"""The kinds of events that are told, by the names that receivers see."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What happened. A new one is a line here, what tells of it in ``telling``, and a receiver."""

    MATCH_RECORDED = "match.recorded"
    MATCH_VOIDED = "match.voided"
    MATCH_RESTORED = "match.restored"
    MATCH_CORRECTED = "match.corrected"
    RESULT_OFFICIAL = "result.official"
    RESULT_CORRECTED = "result.corrected"
    STAT_CORRECTED = "stat.corrected"
    ACHIEVEMENT_UNLOCKED = "achievement.unlocked"
    ACHIEVEMENT_REVOKED = "achievement.revoked"
    PLAYER_RENAMED = "player.renamed"
    PLAYER_MERGED = "player.merged"
    PLAYER_PARTED = "player.parted"


#: What each means, for the admin and the documentation.
MEANINGS = {
    Kind.MATCH_RECORDED: "A match was recorded, or more of its players.",
    Kind.MATCH_VOIDED: "A match, or a line of it, was voided and counts nowhere.",
    Kind.MATCH_RESTORED: "A void was taken back: the match or the line counts again.",
    Kind.MATCH_CORRECTED: "What a match says was corrected.",
    Kind.RESULT_OFFICIAL: "A tournament was completed: one event per player with a result.",
    Kind.RESULT_CORRECTED: "A placement or prize is another one now, or counts nowhere, or again.",
    Kind.STAT_CORRECTED: "A player's numbers were corrected: by a ruling, or as they had drifted.",
    Kind.ACHIEVEMENT_UNLOCKED: "A player earned an achievement, or was given it.",
    Kind.ACHIEVEMENT_REVOKED: "An achievement was taken back.",
    Kind.PLAYER_RENAMED: "A player is shown under another name.",
    Kind.PLAYER_MERGED: "An account was merged into another.",
    Kind.PLAYER_PARTED: "A merge was undone: both accounts are themselves again.",
}
