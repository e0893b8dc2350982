"""The only door through which tournaments, their registrations, results and matches are written."""

from deltacrown.tournaments.services.attendance import (
    EntrantWithdrawn,
    check_in,
    take_back_withdrawal,
    withdraw,
)
from deltacrown.tournaments.services.completion import ResultsConflict, complete_tournament
from deltacrown.tournaments.services.deliveries import AnyRecord, record_deliveries
from deltacrown.tournaments.services.descriptions import InvalidTournamentMatch
from deltacrown.tournaments.services.disqualifications import RulingCause, find_ruling_causes
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
from deltacrown.tournaments.services.lookup import ResultNotFound, find_tournaments, get_result, was_called
from deltacrown.tournaments.services.matches import (
    TournamentMatchRecord,
    record_tournament_matches,
    remove_description,
)
from deltacrown.tournaments.services.oddities import Ruled
from deltacrown.tournaments.services.permissions import (
    MayNotOrganise,
    can_organise,
    require_entry,
    require_organiser,
    require_return,
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
from deltacrown.tournaments.services.result_table import ResultChange
from deltacrown.tournaments.services.rulings import (
    NeverPlaced,
    correct_result,
    disqualify_entrant,
    lift_disqualification,
)
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
    "NeverPlaced",
    "NoEntrants",
    "NotRegistered",
    "PlayerTotals",
    "ResultChange",
    "ResultNotFound",
    "ResultsConflict",
    "Ruled",
    "RulingCause",
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
    "find_ruling_causes",
    "find_tournaments",
    "get_result",
    "lift_disqualification",
    "list_player_totals",
    "open_registration",
    "record_deliveries",
    "record_tournament_matches",
    "register_entrants",
    "register_player",
    "register_team",
    "remove_description",
    "require_entry",
    "require_organiser",
    "require_return",
    "require_say",
    "schedule_end",
    "start_tournament",
    "summarise_tournament",
    "take_back_withdrawal",
    "was_called",
    "withdraw",
]
