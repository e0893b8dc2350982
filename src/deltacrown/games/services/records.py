"""What goes into recording matches and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from deltacrown.accounts.models import User
from deltacrown.core.errors import DomainError
from deltacrown.games.models import Game, MatchRow

#: What names an encounter: the game's id and the match key.
EncounterKey = tuple[int, str]


@dataclass(frozen=True, kw_only=True)
class PlayerLine:
    """One player's part in a match.

    :param result: ``WIN``, ``LOSS`` or ``DRAW``.
    :param side: the team or side; the lines of one side share it and their result. A player without one plays alone.
    :param score: the score of the side, 32 bits.
    :param stats: what the game reported of this player, a JSON object.
    """

    user: User
    result: str
    side: str = ""
    score: int | None = None
    stats: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class MatchRecord:
    """One encounter as delivered: taken whole or refused whole.

    :param match_key: names the encounter within its game; the key of every retry, 1 to 100 characters.
    :param played_at: when it was played, timezone-aware.
    :param kind: ``CASUAL`` or ``TOURNAMENT``.
    :param void_reason: record it as void already: the match is kept and counts nowhere.
    """

    game: Game
    match_key: str
    played_at: datetime
    lines: tuple[PlayerLine, ...]
    kind: str = "CASUAL"
    void_reason: str = ""

    @property
    def encounter(self) -> EncounterKey:
        return self.game.pk, self.match_key


R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class Refusal(Generic[R]):
    """A record that was not taken, and why."""

    record: R
    error: DomainError


@dataclass(frozen=True, kw_only=True)
class RecordOutcome(Generic[R]):
    """What became of each record of a batch; every record is in exactly one list, in the order given.

    :param created: recorded now.
    :param unchanged: recorded before with the same content.
    :param refused: against the rules, or recorded before with other content.
    """

    created: list[R]
    unchanged: list[R]
    refused: list[Refusal[R]]


@dataclass(frozen=True, kw_only=True)
class RecordedMatch:
    """The rows of one encounter, and whether this call created them."""

    rows: list[MatchRow]
    created: bool


@dataclass(frozen=True, kw_only=True)
class MatchChange:
    """A row that was corrected: as it is now, and what it said before."""

    row: MatchRow
    old_result: str
    old_score: int | None
