"""The only door through which tournaments, their registrations, results and matches are written."""

from deltacrown.tournaments.services.attendance import EntrantWithdrawn, check_in, withdraw
from deltacrown.tournaments.services.completion import ResultsConflict, complete_tournament
from deltacrown.tournaments.services.entrants import InvalidEntrant, NotRegistered
from deltacrown.tournaments.services.lifecycle import (
    InvalidTournament,
    NoEntrants,
    TournamentTaken,
    cancel_tournament,
    create_tournament,
    open_registration,
    schedule_end,
    start_tournament,
)
from deltacrown.tournaments.services.matches import InvalidTournamentMatch, TournamentMatchRecord, record_tournament_matches
from deltacrown.tournaments.services.registration import (
    AlreadyRegistered,
    Entrant,
    EntrantDisqualified,
    TournamentFull,
    register_entrants,
    register_player,
    register_team,
)
from deltacrown.tournaments.services.rulings import ResultChange, correct_result, disqualify_entrant
from deltacrown.tournaments.services.standings import InvalidStanding, Standing
from deltacrown.tournaments.services.states import TournamentNotFound, WrongState
from deltacrown.tournaments.services.summary import PlayerTotals, TournamentSummary, list_player_totals, summarise_tournament

__all__ = [
    "AlreadyRegistered",
    "Entrant",
    "EntrantDisqualified",
    "EntrantWithdrawn",
    "InvalidEntrant",
    "InvalidStanding",
    "InvalidTournament",
    "InvalidTournamentMatch",
    "NoEntrants",
    "NotRegistered",
    "PlayerTotals",
    "ResultChange",
    "ResultsConflict",
    "Standing",
    "TournamentFull",
    "TournamentMatchRecord",
    "TournamentNotFound",
    "TournamentSummary",
    "TournamentTaken",
    "WrongState",
    "cancel_tournament",
    "check_in",
    "complete_tournament",
    "correct_result",
    "create_tournament",
    "disqualify_entrant",
    "list_player_totals",
    "open_registration",
    "record_tournament_matches",
    "register_entrants",
    "register_player",
    "register_team",
    "schedule_end",
    "start_tournament",
    "summarise_tournament",
    "withdraw",
]
