"""Who is to play whom: seeds, the draw, pairings, what sides report, and what organisers rule."""

from deltacrown.tournaments.services.pairings.confirming import (
    PairingConflict,
    follow_recorded,
    report_pairing,
    rule_pairing,
    take_back_pairing,
)
from deltacrown.tournaments.services.pairings.drawing import (
    MOST_GAMES,
    AlreadyDrawn,
    InvalidDraw,
    add_pairing,
    draw_bracket,
    remove_draw,
    remove_pairing,
    schedule_pairing,
    set_seeds,
)
from deltacrown.tournaments.services.pairings.outcomes import GameOutcome, InvalidOutcome, Outcome
from deltacrown.tournaments.services.pairings.reading import (
    PairingNotFound,
    filter_open,
    find_current_reports,
    find_own_side,
    find_reporting_side,
    get_own_pairing,
    get_pairing,
    list_pairings,
    list_seeds,
    list_standing_entrants,
    write_handle,
)
from deltacrown.tournaments.services.pairings.recorded import find_recorded_winners, list_match_keys
from deltacrown.tournaments.services.pairings.suggesting import suggest_standings

__all__ = [
    "MOST_GAMES",
    "AlreadyDrawn",
    "GameOutcome",
    "InvalidDraw",
    "InvalidOutcome",
    "Outcome",
    "PairingConflict",
    "PairingNotFound",
    "add_pairing",
    "draw_bracket",
    "filter_open",
    "find_current_reports",
    "find_own_side",
    "find_recorded_winners",
    "find_reporting_side",
    "follow_recorded",
    "get_own_pairing",
    "get_pairing",
    "list_match_keys",
    "list_pairings",
    "list_seeds",
    "list_standing_entrants",
    "remove_draw",
    "remove_pairing",
    "report_pairing",
    "rule_pairing",
    "schedule_pairing",
    "set_seeds",
    "suggest_standings",
    "take_back_pairing",
    "write_handle",
]
