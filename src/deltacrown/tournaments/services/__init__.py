"""The only door through which tournaments, their registrations, results and matches are written."""

from deltacrown.tournaments.services.attendance import EntrantWithdrawn, check_in, withdraw
from deltacrown.tournaments.services.completion import ResultsConflict, complete_tournament
from deltacrown.tournaments.services.deliveries import AnyRecord, record_deliveries
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
from deltacrown.tournaments.services.lookup import ResultNotFound, find_tournaments, get_result
from deltacrown.tournaments.services.matches import (
    InvalidTournamentMatch,
    TournamentMatchRecord,
    record_tournament_matches,
)
from deltacrown.tournaments.services.permissions import (
    MayNotOrganise,
    can_organise,
    require_organiser,
    require_say,
)
from deltacrown.tournaments.services.registration import (
    AlreadyRegistered,
    EntrantDisqualified,
    EntrantRecord,
    TournamentFull,
    register_entrants,
    register_player,
    register_team,
)
from deltacrown.tournaments.services.rulings import ResultChange, correct_result, disqualify_entrant
from deltacrown.tournaments.services.standings import InvalidStanding, Standing
from deltacrown.tournaments.services.states import TournamentNotFound, WrongState
from deltacrown.tournaments.services.summary import (
    PlayerTotals,
    TournamentSummary,
    list_player_totals,
    summarise_tournament,
)

__all__ = [
    "AlreadyRegistered",
    "AnyRecord",
    "EntrantDisqualified",
    "EntrantRecord",
    "EntrantWithdrawn",
    "InvalidEntrant",
    "InvalidStanding",
    "InvalidTournament",
    "InvalidTournamentMatch",
    "MayNotOrganise",
    "NoEntrants",
    "NotRegistered",
    "PlayerTotals",
    "ResultChange",
    "ResultNotFound",
    "ResultsConflict",
    "Standing",
    "TournamentFull",
    "TournamentMatchRecord",
    "TournamentNotFound",
    "TournamentSummary",
    "TournamentTaken",
    "WrongState",
    "can_organise",
    "cancel_tournament",
    "check_in",
    "complete_tournament",
    "correct_result",
    "create_tournament",
    "disqualify_entrant",
    "find_tournaments",
    "get_result",
    "list_player_totals",
    "open_registration",
    "record_deliveries",
    "record_tournament_matches",
    "register_entrants",
    "register_player",
    "register_team",
    "require_organiser",
    "require_say",
    "schedule_end",
    "start_tournament",
    "summarise_tournament",
    "withdraw",
]
