"""The only door through which games and matches are written, and the lines of a match read."""

from deltacrown.games.services.amending import restore_match, void_match
from deltacrown.games.services.archiving import Archived, archive_matches
from deltacrown.games.services.catalogue import GameTaken, create_game, find_games
from deltacrown.games.services.correcting import MatchCorrection, MatchIsVoided, correct_match
from deltacrown.games.services.lines import MatchNotFound, get_match_line, list_line_ids, list_match_lines
from deltacrown.games.services.recording import MatchConflict, record_match, record_matches
from deltacrown.games.services.records import (
    LineRecord,
    MatchChange,
    MatchKey,
    MatchRecord,
    RecordedMatch,
    RecordOutcome,
    RecordStatus,
)
from deltacrown.games.services.rules import InvalidMatch

__all__ = [
    "Archived",
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
    "RecordOutcome",
    "RecordStatus",
    "RecordedMatch",
    "archive_matches",
    "correct_match",
    "create_game",
    "find_games",
    "get_match_line",
    "list_line_ids",
    "list_match_lines",
    "record_match",
    "record_matches",
    "restore_match",
    "void_match",
]
