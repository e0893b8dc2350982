"""The catalogue of deeds that are logged: what staff read by a permission, decide and change.

Each is declared once: with the line it writes into the log ``deltacrown.audit``, and the words of pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from deltacrown.core.models import AuditEntry

Kind = AuditEntry.Kind


@dataclass(frozen=True)
class Told:
    """What is said of a deed.

    :param line: of the log, with ``by``, ``of`` and ``about``, and what the caller tells besides.
    :param words: what pages say; the names stand beside them.
    :param once_a_minute: whether the same again within a minute is no new entry.
    """

    kind: AuditEntry.Kind
    line: str
    words: Promise
    once_a_minute: bool = False


class Deed(StrEnum):
    """Something that is logged, by the code that is stored."""

    READ_HIDDEN = "read-hidden"
    READ_TIMELINE = "read-timeline"
    READ_MATCH = "read-match"
    READ_WARNINGS = "read-warnings"
    READ_DISPUTE = "read-dispute"
    READ_DISPUTES = "read-disputes"
    READ_QUEUE = "read-queue"
    READ_STANDING = "read-standing"
    READ_CLOSED = "read-closed"
    READ_PLAYERS = "read-players"
    READ_PLAYER = "read-player"
    READ_MERGES = "read-merges"
    READ_MERGE = "read-merge"
    READ_AUDIT = "read-audit"
    READ_REPAIRS = "read-repairs"
    READ_ADMIN = "read-admin"
    UPHELD = "dispute-upheld"
    REJECTED = "dispute-rejected"
    DISPUTE_CLAIMED = "dispute-claimed"
    DISPUTE_RELEASED = "dispute-released"
    DISPUTE_ASSIGNED = "dispute-assigned"
    READ_ORGANISED = "read-organised-disputes"
    STANDING_CHANGED = "standing-changed"
    REOPENED = "account-reopened"
    PICTURE_REMOVED = "picture-removed"
    VERIFIED = "verified"
    VERIFICATION_REJECTED = "verification-rejected"
    MERGED = "merged"
    PARTED = "parted"
    ANONYMISED = "anonymised"
    MATCH_VOIDED = "match-voided"
    MATCH_RESTORED = "match-restored"
    MATCH_CORRECTED = "match-corrected"
    RESULT_CORRECTED = "result-corrected"
    DISQUALIFIED = "disqualified"
    DISQUALIFICATION_LIFTED = "disqualification-lifted"
    TOURNAMENT_COMPLETED = "tournament-completed"
    TOURNAMENT_DECIDED = "tournament-decided"
    TOURNAMENT_CHANGED = "tournament-changed"
    ORGANISER_ADDED = "organiser-added"
    ORGANISER_REMOVED = "organiser-removed"
    TOURNAMENT_HANDED_OVER = "tournament-handed-over"
    FORFEIT_RULE_OF_TOURNAMENT = "forfeit-rule-tournament"
    FORFEIT_RULE_OF_GAME = "forfeit-rule-game"
    SEASON_CREATED = "season-created"
    SEASON_CHANGED = "season-changed"
    SEASON_DELETED = "season-deleted"
    KEY_MADE = "key-made"
    KEY_REVOKED = "key-revoked"
    ACTED_FOR = "acted-for"
    IDENTITY_CHANGED = "identity-changed"
    ID_CONFIRMED = "id-confirmed"
    ID_REMOVED = "id-removed"
    CREATED = "created"
    CREATED_BY_MATCHES = "created-by-matches"
    ADMIN_CHANGED = "admin-changed"


def _read(line: str, words: Promise) -> Told:
    return Told(Kind.READ, f"staff %(by)s read {line}", words, once_a_minute=True)


def _ruling(line: str, words: Promise) -> Told:
    return Told(Kind.RULING, line, words)


def _change(line: str, words: Promise) -> Told:
    return Told(Kind.CHANGE, line, words)


DEEDS: dict[Deed, Told] = {
    Deed.READ_HIDDEN: _read("the hidden %(what)s of user %(of)s", _("Read what a player hides")),
    Deed.READ_TIMELINE: _read("a timeline unfiltered", _("Read a timeline with all it hides")),
    Deed.READ_MATCH: _read("a match unfiltered", _("Read a match with lines that are hidden")),
    Deed.READ_WARNINGS: _read(
        "the warnings of match %(match)r of %(game)s", _("Read what looks odd about a match")
    ),
    Deed.READ_DISPUTE: _read("dispute %(dispute)s of user %(of)s", _("Read a dispute")),
    Deed.READ_DISPUTES: _read("the list of disputes", _("Read the list of disputes")),
    Deed.READ_QUEUE: _read("the queue of disputes", _("Read the queue of disputes")),
    Deed.READ_STANDING: _read("the log of the standing of user %(of)s", _("Read the log of a standing")),
    Deed.READ_CLOSED: _read("the closed account of user %(of)s", _("Read the page of a closed account")),
    Deed.READ_PLAYERS: _read("the list of players for moderators", _("Searched the players")),
    Deed.READ_PLAYER: _read(
        "the moderators' page of user %(of)s", _("Read the moderators’ page of a player")
    ),
    Deed.READ_MERGES: _read("the list of merges", _("Read the list of merges")),
    Deed.READ_MERGE: _read("the preview of a merge of user %(of)s", _("Looked at what a merge would do")),
    Deed.READ_AUDIT: _read("the audit log", _("Read the audit log")),
    Deed.READ_REPAIRS: _read("the repairs of numbers", _("Read the repairs of numbers")),
    Deed.READ_ADMIN: _read("%(label)s %(row)r in the admin", _("Read in the admin")),
    Deed.UPHELD: _ruling("user %(by)s upheld a dispute of user %(of)s", _("Upheld a dispute")),
    Deed.REJECTED: _ruling("user %(by)s rejected a dispute of user %(of)s", _("Rejected a dispute")),
    Deed.DISPUTE_CLAIMED: _change("user %(by)s took %(about)s on", _("Took a dispute on")),
    Deed.DISPUTE_RELEASED: _change("user %(by)s gave %(about)s back", _("Gave a dispute back")),
    Deed.DISPUTE_ASSIGNED: _change(
        "user %(by)s gave %(about)s to user %(of)s", _("Gave a dispute to somebody")
    ),
    Deed.READ_ORGANISED: Told(
        Kind.READ,
        "organiser %(by)s read what is disputed: %(about)s",
        _("Read disputes as organiser"),
        once_a_minute=True,
    ),
    Deed.STANDING_CHANGED: _ruling(
        "user %(of)s became %(standing)s%(until)s, by %(by)s", _("Changed a standing")
    ),
    Deed.REOPENED: _ruling("user %(by)s reopened the account of user %(of)s", _("Reopened an account")),
    Deed.PICTURE_REMOVED: _ruling("staff %(by)s removed the picture of user %(of)s", _("Removed a picture")),
    Deed.VERIFIED: _ruling("user %(by)s verified user %(of)s", _("Verified a player")),
    Deed.VERIFICATION_REJECTED: _ruling(
        "user %(by)s rejected the verification of user %(of)s", _("Rejected a verification")
    ),
    Deed.MERGED: _ruling("user %(by)s merged user %(of)s into user %(kept)s", _("Merged an account")),
    Deed.PARTED: _ruling("user %(by)s parted user %(of)s from user %(kept)s", _("Took a merge back")),
    Deed.ANONYMISED: _ruling("user %(of)s was anonymised, by %(by)s", _("Anonymised a player")),
    Deed.MATCH_VOIDED: _ruling("user %(by)s voided %(about)s", _("Voided a match")),
    Deed.MATCH_RESTORED: _ruling("user %(by)s restored %(about)s", _("Restored a match")),
    Deed.MATCH_CORRECTED: _ruling("user %(by)s corrected %(about)s", _("Corrected a match")),
    Deed.RESULT_CORRECTED: _ruling("user %(by)s corrected a result of %(about)s", _("Corrected a result")),
    Deed.DISQUALIFIED: _ruling(
        "user %(by)s disqualified an entrant of %(about)s", _("Disqualified an entrant")
    ),
    Deed.DISQUALIFICATION_LIFTED: _ruling(
        "user %(by)s lifted a disqualification of %(about)s", _("Lifted a disqualification")
    ),
    Deed.TOURNAMENT_COMPLETED: _ruling("user %(by)s completed %(about)s", _("Completed a tournament")),
    Deed.TOURNAMENT_DECIDED: _ruling(
        "%(by)s decided %(decision)s about tournament %(slug)s", _("Decided about a tournament")
    ),
    Deed.TOURNAMENT_CHANGED: _change(
        "%(by)s changed tournament %(slug)s: %(what)s", _("Changed a tournament")
    ),
    Deed.ORGANISER_ADDED: _change(
        "user %(by)s let user %(of)s organise %(about)s", _("Let a player run a tournament")
    ),
    Deed.ORGANISER_REMOVED: _change(
        "user %(by)s ended that user %(of)s organises %(about)s",
        _("Ended that a player runs a tournament"),
    ),
    Deed.TOURNAMENT_HANDED_OVER: _change(
        "user %(by)s handed %(about)s over to user %(of)s", _("Handed a tournament over")
    ),
    Deed.FORFEIT_RULE_OF_TOURNAMENT: _change(
        "%(by)s set counts_forfeits of tournament %(slug)s from %(before)s to %(after)s",
        _("Changed whether forfeits count in a tournament"),
    ),
    Deed.FORFEIT_RULE_OF_GAME: _change(
        "%(by)s set that forfeits %(rule)s in game %(slug)s", _("Changed whether forfeits count in a game")
    ),
    Deed.SEASON_CREATED: _change("%(by)s created season %(slug)s: %(days)s", _("Created a season")),
    Deed.SEASON_CHANGED: _change("%(by)s changed season %(slug)s: %(days)s", _("Changed a season")),
    Deed.SEASON_DELETED: _change("%(by)s deleted season %(slug)s: %(days)s", _("Deleted a season")),
    Deed.KEY_MADE: _change(
        "%(by)s made key %(prefix)s (%(scopes)s) for user %(of)s", _("Made an API key for a player")
    ),
    Deed.KEY_REVOKED: _change("user %(by)s revoked a key of user %(of)s", _("Revoked a player’s API key")),
    Deed.ACTED_FOR: Told(
        Kind.CHANGE,
        "user %(by)s acts for user %(of)s by key %(prefix)s: %(method)s %(path)s",
        _("Acted for a player by an API key"),
        once_a_minute=True,
    ),
    Deed.IDENTITY_CHANGED: _change(
        "user %(by)s changes %(what)s of user %(of)s", _("Changed what a player is called")
    ),
    Deed.ID_CONFIRMED: _change(
        "user %(by)s confirmed an id at %(provider)s of user %(of)s", _("Confirmed a player’s id elsewhere")
    ),
    Deed.ID_REMOVED: _change(
        "user %(by)s removed an external id of user %(of)s", _("Removed a player’s id elsewhere")
    ),
    Deed.CREATED: _change("user %(by)s created %(count)s %(what)s", _("Created players or teams")),
    Deed.CREATED_BY_MATCHES: _change(
        "user %(by)s created %(players)s players and %(teams)s teams by recording matches",
        _("Created players and teams with recorded matches"),
    ),
    Deed.ADMIN_CHANGED: _change(
        "staff %(by)s changed %(about)s in the admin", _("Changed a row in the admin")
    ),
}
