"""The only door through which games and matches are written, and the lines of a match read."""

from deltacrown.games.services.amending import restore_match, void_match
from deltacrown.games.services.archiving import Archived, archive_matches
from deltacrown.games.services.catalogue import GameTaken, create_game, find_games, set_forfeit_rule
from deltacrown.games.services.comparing import MatchConflict
from deltacrown.games.services.correcting import MatchIsVoided, correct_match
from deltacrown.games.services.corrections import MatchCorrection
from deltacrown.games.services.counting import FORFEITED
from deltacrown.games.services.doubles import Double, Subject, add_double, find_doubles
from deltacrown.games.services.lines import (
    MatchNotFound,
    get_match_line,
    list_line_ids,
    list_lines_by_match,
    list_match_lines,
)
from deltacrown.games.services.oddities import LEFT, list_oddities
from deltacrown.games.services.recording import record_match, record_matches
from deltacrown.games.services.records import (
    ChangedMatch,
    LineRecord,
    MatchChange,
    MatchKey,
    MatchRecord,
    RecordedMatch,
    RecordOutcome,
    RecordStatus,
)
from deltacrown.games.services.redelivering import Postponed
from deltacrown.games.services.rekeying import rekey_match
from deltacrown.games.services.returning import take_back_lines
from deltacrown.games.services.rules import InvalidMatch
from deltacrown.games.services.seasons import (
    SeasonTaken,
    change_season,
    create_season,
    delete_season,
    find_current_season,
    get_season,
    list_seasons,
)

__all__ = [
    "FORFEITED",
    "LEFT",
    "Archived",
    "ChangedMatch",
    "Double",
    "GameTaken",
    "InvalidMatch",
    "LineRecord",
    "MatchChange",
    "MatchConflict",
    "MatchCorrection",
    "MatchIsVoided",
    "MatchKey",
    "MatchNotFound",
    "MatchRecord",
    "Postponed",
    "RecordOutcome",
    "RecordStatus",
    "RecordedMatch",
    "SeasonTaken",
    "Subject",
    "add_double",
    "archive_matches",
    "change_season",
    "correct_match",
    "create_game",
    "create_season",
    "delete_season",
    "find_current_season",
    "find_doubles",
    "find_games",
    "get_match_line",
    "get_season",
    "list_line_ids",
    "list_lines_by_match",
    "list_match_lines",
    "list_oddities",
    "list_seasons",
    "record_match",
    "record_matches",
    "rekey_match",
    "restore_match",
    "set_forfeit_rule",
    "take_back_lines",
    "void_match",
]
