"""The only door through which games and matches are written, and the rows of an encounter read."""

from deltacrown.games.services.amending import MatchIsVoided, correct_match, restore_match, void_match
from deltacrown.games.services.archiving import Archived, archive_matches
from deltacrown.games.services.catalogue import GameTaken, create_game, find_games
from deltacrown.games.services.encounters import MatchNotFound, get_encounter_row, list_encounter, list_row_ids
from deltacrown.games.services.recording import MatchConflict, record_match, record_matches
from deltacrown.games.services.records import EncounterKey, MatchChange, MatchRecord, PlayerLine, RecordedMatch, RecordOutcome, Refusal
from deltacrown.games.services.rules import InvalidMatch

__all__ = [
    "Archived",
    "EncounterKey",
    "GameTaken",
    "InvalidMatch",
    "MatchChange",
    "MatchConflict",
    "MatchIsVoided",
    "MatchNotFound",
    "MatchRecord",
    "PlayerLine",
    "RecordOutcome",
    "RecordedMatch",
    "Refusal",
    "archive_matches",
    "correct_match",
    "create_game",
    "find_games",
    "get_encounter_row",
    "list_encounter",
    "list_row_ids",
    "record_match",
    "record_matches",
    "restore_match",
    "void_match",
]
