"""The only door through which tournaments, their registrations, results and matches are written."""

from deltacrown.tournaments.services import pairings
from deltacrown.tournaments.services.announcements import set_announcement
from deltacrown.tournaments.services.annulments import (
    ANNULLED,
    REOPENED,
    annul_tournament,
    can_lift_annulment,
    get_standing_decision,
    lift_annulment,
    reopen_tournament,
    require_lifting,
)
from deltacrown.tournaments.services.attendance import (
    EntrantWithdrawn,
    check_in,
    take_back_check_in,
    take_back_withdrawal,
    withdraw,
)
from deltacrown.tournaments.services.changes import TournamentChanges, load_tournaments, write_changes
from deltacrown.tournaments.services.completion import ResultsConflict, complete_tournament
from deltacrown.tournaments.services.deliveries import AnyRecord, record_deliveries
from deltacrown.tournaments.services.descriptions import InvalidTournamentMatch
from deltacrown.tournaments.services.disqualifications import RulingCause, find_ruling_causes
from deltacrown.tournaments.services.editing import EDITED, change_tournament
from deltacrown.tournaments.services.entered import (
    Entered,
    list_decisions,
    list_disqualifications,
    list_entered,
)
from deltacrown.tournaments.services.entrants import InvalidEntrant, NotRegistered, list_entrant_roster
from deltacrown.tournaments.services.forfeit_rule import set_forfeit_rule
from deltacrown.tournaments.services.guesses import ToldFacts
from deltacrown.tournaments.services.invitations import (
    InvitationNotFound,
    InvitationSettled,
    Sent,
    SentInvitation,
    answer_invitation,
    invite_entrants,
    list_invitations,
    list_own_invitations,
    take_back_invitation,
)
from deltacrown.tournaments.services.lifecycle import (
    InvalidTournament,
    NoEntrants,
    TournamentTaken,
    build_draft,
    cancel_tournament,
    check_currency,
    create_tournament,
    open_registration,
    schedule_end,
    set_prize_currency,
    start_tournament,
)
from deltacrown.tournaments.services.lookup import (
    ResultNotFound,
    find_tournaments,
    get_result,
    list_former_names,
)
from deltacrown.tournaments.services.match_records import TournamentMatchRecord
from deltacrown.tournaments.services.match_warnings import list_match_warnings
from deltacrown.tournaments.services.matches import (
    record_tournament_matches,
    remove_description,
)
from deltacrown.tournaments.services.oddities import Ruled
from deltacrown.tournaments.services.organisers import (
    MayNotOrganise,
    TooManyOrganisers,
    add_organiser,
    ask_co_organiser,
    co_organised_by,
    hand_over_tournament,
    list_organisers,
    owns_tournament,
    remove_organiser,
    require_ownership,
)
from deltacrown.tournaments.services.pairings import GameOutcome, Outcome, suggest_standings
from deltacrown.tournaments.services.permissions import (
    RegistrationClosed,
    can_organise,
    can_rule_match,
    filter_entry_changes,
    require_currency_say,
    require_dating,
    require_entry,
    require_match_ruling,
    require_organiser,
    require_return,
    require_roster_change,
    require_say,
)
from deltacrown.tournaments.services.placements import Place, make_place, read_place, write_place
from deltacrown.tournaments.services.played_front import read_played_front, read_played_players
from deltacrown.tournaments.services.played_rows import PlayedRow, list_played_rows
from deltacrown.tournaments.services.register import AlreadyRegistered, EntrantDisqualified, EntrantRecord
from deltacrown.tournaments.services.registration import (
    Members,
    TournamentFull,
    list_members,
    register_entrants,
    register_player,
    register_team,
)
from deltacrown.tournaments.services.restoring import (
    KeptEntrant,
    KeptEntry,
    KeptTournament,
    check_kept,
    restore_tournament,
)
from deltacrown.tournaments.services.result_table import ResultChange
from deltacrown.tournaments.services.returning import (
    KeptStandings,
    hand_over_rulings,
    keep_standings,
    lock_standings,
    take_back_results,
)
from deltacrown.tournaments.services.rosters import RosterEmpty, change_roster
from deltacrown.tournaments.services.rulings import (
    correct_result,
    disqualify_entrant,
    lift_disqualification,
)
from deltacrown.tournaments.services.series import SyncedSeries, list_series_of, sync_all_series, sync_series
from deltacrown.tournaments.services.standings import InvalidStanding, Standing
from deltacrown.tournaments.services.states import TournamentNotFound, WrongState, require_running
from deltacrown.tournaments.services.summary import (
    PlayerNumbers,
    PlayerTotals,
    TournamentNumbers,
    TournamentSummary,
    add_numbers,
    list_player_totals,
    summarise_tournament,
)

__all__ = [
    "ANNULLED",
    "EDITED",
    "REOPENED",
    "AlreadyRegistered",
    "AnyRecord",
    "Entered",
    "EntrantDisqualified",
    "EntrantRecord",
    "EntrantWithdrawn",
    "GameOutcome",
    "InvalidEntrant",
    "InvalidStanding",
    "InvalidTournament",
    "InvalidTournamentMatch",
    "InvitationNotFound",
    "InvitationSettled",
    "KeptEntrant",
    "KeptEntry",
    "KeptStandings",
    "KeptTournament",
    "MayNotOrganise",
    "Members",
    "NoEntrants",
    "NotRegistered",
    "Outcome",
    "Place",
    "PlayedRow",
    "PlayerNumbers",
    "PlayerTotals",
    "RegistrationClosed",
    "ResultChange",
    "ResultNotFound",
    "ResultsConflict",
    "RosterEmpty",
    "Ruled",
    "RulingCause",
    "Sent",
    "SentInvitation",
    "Standing",
    "SyncedSeries",
    "ToldFacts",
    "TooManyOrganisers",
    "TournamentChanges",
    "TournamentFull",
    "TournamentMatchRecord",
    "TournamentNotFound",
    "TournamentNumbers",
    "TournamentSummary",
    "TournamentTaken",
    "WrongState",
    "add_numbers",
    "add_organiser",
    "annul_tournament",
    "answer_invitation",
    "ask_co_organiser",
    "build_draft",
    "can_lift_annulment",
    "can_organise",
    "can_rule_match",
    "cancel_tournament",
    "change_roster",
    "change_tournament",
    "check_currency",
    "check_in",
    "check_kept",
    "co_organised_by",
    "complete_tournament",
    "correct_result",
    "create_tournament",
    "disqualify_entrant",
    "filter_entry_changes",
    "find_ruling_causes",
    "find_tournaments",
    "get_result",
    "get_standing_decision",
    "hand_over_rulings",
    "hand_over_tournament",
    "invite_entrants",
    "keep_standings",
    "lift_annulment",
    "lift_disqualification",
    "list_decisions",
    "list_disqualifications",
    "list_entered",
    "list_entrant_roster",
    "list_former_names",
    "list_invitations",
    "list_match_warnings",
    "list_members",
    "list_organisers",
    "list_own_invitations",
    "list_played_rows",
    "list_player_totals",
    "list_series_of",
    "load_tournaments",
    "lock_standings",
    "make_place",
    "open_registration",
    "owns_tournament",
    "pairings",
    "read_place",
    "read_played_front",
    "read_played_players",
    "record_deliveries",
    "record_tournament_matches",
    "register_entrants",
    "register_player",
    "register_team",
    "remove_description",
    "remove_organiser",
    "reopen_tournament",
    "require_currency_say",
    "require_dating",
    "require_entry",
    "require_lifting",
    "require_match_ruling",
    "require_organiser",
    "require_ownership",
    "require_return",
    "require_roster_change",
    "require_running",
    "require_say",
    "restore_tournament",
    "schedule_end",
    "set_announcement",
    "set_forfeit_rule",
    "set_prize_currency",
    "start_tournament",
    "suggest_standings",
    "summarise_tournament",
    "sync_all_series",
    "sync_series",
    "take_back_check_in",
    "take_back_invitation",
    "take_back_results",
    "take_back_withdrawal",
    "withdraw",
    "write_changes",
    "write_place",
]
