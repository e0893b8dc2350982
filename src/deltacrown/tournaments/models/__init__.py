from deltacrown.tournaments.models.decision import TournamentDecision
from deltacrown.tournaments.models.disqualification import Disqualification
from deltacrown.tournaments.models.entry_change import EntryChange
from deltacrown.tournaments.models.invitation import InvitationQuerySet, TournamentInvitation
from deltacrown.tournaments.models.match_result import TournamentMatchResult
from deltacrown.tournaments.models.organiser import TournamentOrganiser
from deltacrown.tournaments.models.pairing import Pairing, PairingReport, Seed
from deltacrown.tournaments.models.participation import TournamentParticipation
from deltacrown.tournaments.models.result import LAST_OF_PODIUM, TournamentResult
from deltacrown.tournaments.models.series_result import TournamentSeriesResult
from deltacrown.tournaments.models.tournament import (
    RENAMES,
    TERM_SOURCES,
    FormerTournamentName,
    Tournament,
    TournamentSearchTerm,
)

__all__ = [
    "LAST_OF_PODIUM",
    "RENAMES",
    "TERM_SOURCES",
    "Disqualification",
    "EntryChange",
    "FormerTournamentName",
    "InvitationQuerySet",
    "Pairing",
    "PairingReport",
    "Seed",
    "Tournament",
    "TournamentDecision",
    "TournamentInvitation",
    "TournamentMatchResult",
    "TournamentOrganiser",
    "TournamentParticipation",
    "TournamentResult",
    "TournamentSearchTerm",
    "TournamentSeriesResult",
]
