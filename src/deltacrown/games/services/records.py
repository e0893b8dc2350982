"""The input and the outcome of recording matches."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from deltacrown.accounts.models import User
from deltacrown.core.errors import DomainError
from deltacrown.core.inputs import is_same_json
from deltacrown.games.models import Game, MatchRow

#: What names a match: the game's id and the match key.
MatchKey = tuple[int, str]


@dataclass(frozen=True, kw_only=True)
class LineRecord:
    """One player's line of a match, as delivered.

    :param result: ``WIN``, ``LOSS`` or ``DRAW``.
    :param side: the team or side; its lines share their result. A player without one plays alone.
    :param side_words: what else the side is or was called, where it is a team; for a later delivery.
    :param score: the score of the side, 32 bits.
    :param stats: what the game reported of this player, a JSON object.
    """

    user: User
    result: str
    side: str = ""
    score: int | None = None
    stats: Mapping[str, Any] = field(default_factory=dict)
    side_words: Collection[str] = ()


@dataclass(frozen=True, kw_only=True)
class MatchRecord:
    """One match as delivered: taken whole or refused whole.

    :param match_key: names the match within its game; the key of every retry, 1 to 100 characters.
    :param played_at: when it was played, timezone-aware.
    :param kind: ``CASUAL`` or ``TOURNAMENT``.
    :param void_reason: record it as void already: the match is kept and counts nowhere.
    """

    game: Game
    match_key: str
    played_at: datetime
    lines: tuple[LineRecord, ...]
    kind: str = "CASUAL"
    void_reason: str = ""

    @property
    def key(self) -> MatchKey:
        """Return what names the match among all."""
        return self.game.pk, self.match_key


class RecordStatus(StrEnum):
    """What became of a record: ``COMPLETED`` when part of it was recorded before, and the rest now."""

    CREATED = "created"
    COMPLETED = "completed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class RecordOutcome:
    """What became of one record of a batch.

    :param refusal: against which rule it is, or what is recorded otherwise; None when it was taken.
    """

    status: RecordStatus
    refusal: DomainError | None = None

    @classmethod
    def refused(cls, refusal: DomainError) -> Self:
        """Return the outcome of a record that was not taken."""
        return cls(status=RecordStatus.REFUSED, refusal=refusal)


@dataclass(frozen=True, kw_only=True)
class RecordedMatch:
    """The rows of one match, and whether this call created them."""

    rows: list[MatchRow]
    created: bool


@dataclass(frozen=True, kw_only=True)
class MatchChange:
    """A row that was corrected: as it is now, and what it said before.

    :param old_user_id: another one where the line was moved to the right player.
    """

    row: MatchRow
    old_user_id: int
    old_result: str
    old_score: int | None
    old_side: str
    old_stats: Mapping[str, Any]
    old_played_at: datetime
    old_kind: str

    @classmethod
    def start(cls, row: MatchRow) -> Self:
        """Return a change of ``row``, about to be made, with what it says before."""
        return cls(
            row=row,
            old_user_id=row.user_id,
            old_result=row.result,
            old_score=row.score,
            old_side=row.side,
            old_stats=row.stats,
            old_played_at=row.played_at,
            old_kind=row.kind,
        )

    @property
    def has_moved(self) -> bool:
        """Return whether the line is another player's now."""
        return self.row.user_id != self.old_user_id

    @property
    def matters_for_numbers(self) -> bool:
        """Return whether more than the score, the side or the stats is different now."""
        before = (self.old_user_id, self.old_result, self.old_played_at, self.old_kind)
        return before != (self.row.user_id, self.row.result, self.row.played_at, self.row.kind)

    @property
    def is_real(self) -> bool:
        """Return whether anything is different now."""
        rest = (self.old_score, self.old_side) != (self.row.score, self.row.side)
        return self.matters_for_numbers or rest or not is_same_json(self.old_stats, self.row.stats)
