"""What becomes of entries and results when a player's accounts are merged, or the player is anonymised."""

from deltacrown.accounts.belongings import Belonging, OnAnonymise, OnMerge
from deltacrown.accounts.texts import describe
from deltacrown.tournaments.models import (
    Disqualification,
    EntryChange,
    FormerTournamentName,
    Pairing,
    PairingReport,
    Seed,
    Tournament,
    TournamentDecision,
    TournamentInvitation,
    TournamentMatchResult,
    TournamentOrganiser,
    TournamentParticipation,
    TournamentResult,
    TournamentSearchTerm,
    TournamentSeriesResult,
)

_COLUMNS = [
    (Tournament, "organiser"),
    (TournamentDecision, "decided_by"),
    (Disqualification, "user"),
    (Disqualification, "decided_by"),
    (Disqualification, "lifted_by"),
    (EntryChange, "user"),
    (EntryChange, "in_place_of"),
    (EntryChange, "decided_by"),
    (Seed, "user"),
    (Pairing, "first_user"),
    (Pairing, "second_user"),
    (PairingReport, "reported_by"),
    (TournamentInvitation, "invited_by"),
    (TournamentInvitation, "settled_by"),
    (TournamentMatchResult, "user"),
    (TournamentMatchResult, "opponent_user"),
    (TournamentOrganiser, "added_by"),
    (TournamentParticipation, "user"),
    (TournamentResult, "user"),
    (TournamentSeriesResult, "user"),
    (TournamentSeriesResult, "opponent_user"),
]

#: Who cannot be the row's own player.
_APART = ("opponent_user", "in_place_of", "second_user")

BELONGINGS = [
    Belonging(
        model,
        column,
        OnMerge.MOVE,
        OnAnonymise.KEEP,
        apart_from=("first_user" if column == "second_user" else "user") if column in _APART else "",
    )
    for model, column in _COLUMNS
]
# Nobody else needs to know what somebody without a name might run, or was invited to.
BELONGINGS += [
    Belonging(TournamentInvitation, "user", OnMerge.MOVE, OnAnonymise.DELETE),
    Belonging(TournamentOrganiser, "user", OnMerge.MOVE, OnAnonymise.DELETE),
]

TEXTS = [
    describe(
        Tournament,
        title="slug name search_key",
        nameless="entrant_kind status prize_currency",
        free="rules",
    ),
    describe(FormerTournamentName, title="key name search_key"),
    # They follow from names and slugs, which are told themselves.
    describe(TournamentSearchTerm, nameless="term former_name"),
    describe(TournamentDecision, nameless="kind", free="reason"),
    describe(Disqualification, free="reason lift_reason"),
    describe(EntryChange, nameless="kind", free="reason"),
    describe(Pairing, nameless="key state", fact="round outcome"),
    describe(PairingReport, nameless="kind", fact="outcome", free="reason"),
    describe(TournamentInvitation, nameless="status"),
    describe(TournamentMatchResult, fact="round series stats", label="map_name"),
    describe(TournamentParticipation, nameless="status withdrawn_from disqualified_from"),
    describe(TournamentResult, free="unplaced_reason uncounted_reason disqualified_reason", fact="stats"),
    describe(TournamentSeriesResult, nameless="result", fact="series round", free="uncounted_reason"),
]
