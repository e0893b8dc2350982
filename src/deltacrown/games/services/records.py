"""The input and the outcome of recording matches."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
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

    :param result: ``WIN``, ``LOSS``, ``DRAW``, or ``NONE`` where there is no result.
    :param side: the team or side. A player without one plays alone.
    :param side_words: what else the side is or was called, where it is a team; for a later delivery.
    :param score: the score of the side as the game writes it, at most 100 characters; a number becomes text.
    :param placement: the place among all of the match, from 1 on: 5 for the fifth of 20.
    :param ended_by: ``PLAY``, ``FORFEIT``, ``BYE``, ``RETIRED``, ``DISQUALIFIED`` or ``ABANDONED``.
    :param uncounted_reason: why the line counts nowhere; byes and the like say so by themselves.
    :param void_reason: record the line as void already: it is kept and counts nowhere.
    :param stats: what the game reported of this player, a JSON object.
    """

    user: User
    result: str
    side: str = ""
    score: str | int | None = ""
    placement: int | None = None
    ended_by: str = "PLAY"
    uncounted_reason: str = ""
    void_reason: str = ""
    stats: Mapping[str, Any] = field(default_factory=dict)
    side_words: Collection[str] = ()

    @property
    def score_text(self) -> str:
        """Return the score as it is stored; empty for none."""
        return "" if self.score is None else str(self.score)


@dataclass(frozen=True, kw_only=True)
class MatchRecord:
    """One match as delivered: taken whole or refused whole.

    :param match_key: names the match within its game; the key of every retry, 1 to 100 characters.
    :param played_at: when it was played, timezone-aware.
    :param is_time_known: False where only the day is known; ``played_at`` is its start in UTC then.
    :param sequence: its place among matches of the same time, from 0 on.
    :param kind: ``CASUAL`` or ``TOURNAMENT``.
    :param void_reason: record it as void already: the match is kept and counts nowhere.
    :param counts_forfeits: whether it counts when a forfeit decided it; None for the rule of the game.
    :param replaces_void: where the key is recorded with other content and all of that is void, record this
        in its place. Otherwise it says nothing.
    """

    game: Game
    match_key: str
    played_at: datetime
    lines: tuple[LineRecord, ...]
    is_time_known: bool = True
    sequence: int | None = None
    kind: str = "CASUAL"
    void_reason: str = ""
    counts_forfeits: bool | None = None
    replaces_void: bool = False

    @property
    def key(self) -> MatchKey:
        """Return what names the match among all."""
        return self.game.pk, self.match_key

    @property
    def forfeit_rule(self) -> bool:
        """Return whether it counts when a forfeit decided it: by its own rule, else by that of the game."""
        return self.game.counts_forfeits if self.counts_forfeits is None else self.counts_forfeits


class RecordStatus(StrEnum):
    """What became of a record.

    ``COMPLETED``: part of it was recorded before, and the rest now; ``REPLACED``: it was recorded in the
    place of a match that was void.
    """

    CREATED = "created"
    COMPLETED = "completed"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class RecordOutcome:
    """What became of one record of a batch.

    :param refusal: against which rule it is, or what is recorded otherwise; None when it was taken.
    :param warnings: what looks odd about it, a sentence each; it was taken all the same.
    """

    status: RecordStatus
    refusal: DomainError | None = None
    warnings: tuple[str, ...] = ()

    @classmethod
    def refused(cls, refusal: DomainError) -> Self:
        """Return the outcome of a record that was not taken."""
        return cls(status=RecordStatus.REFUSED, refusal=refusal)


@dataclass(frozen=True, kw_only=True)
class RecordedMatch:
    """The rows of one match, whether this call created them, and what looks odd about it."""

    rows: list[MatchRow]
    created: bool
    warnings: tuple[str, ...] = ()


class ChangedMatch(list[MatchRow]):
    """The rows of a match after it was changed, and what looks odd about it.

    :ivar warnings: a sentence each; empty when nothing looks odd.
    """

    def __init__(self, rows: Sequence[MatchRow], warnings: Sequence[str] = ()) -> None:
        super().__init__(rows)
        self.warnings = list(warnings)


#: What a row says that a correction can change, by attribute.
CORRECTABLE = (
    "user_id",
    "result",
    "score",
    "side",
    "placement",
    "ended_by",
    "uncounted_reason",
    "stats",
    "played_at",
    "is_time_known",
    "sequence",
    "kind",
    "voided_at",
    "void_reason",
)
#: What of it no number and no history of a number follows from.
TOLD_ONLY = frozenset({"score", "side", "placement", "ended_by", "stats", "is_time_known", "void_reason"})


@dataclass(frozen=True, kw_only=True)
class MatchChange:
    """A row that was corrected: as it is now, and what it said before.

    :param old: attribute → value before, for every one of ``CORRECTABLE``.
    """

    row: MatchRow
    old: Mapping[str, Any]

    @classmethod
    def start(cls, row: MatchRow) -> Self:
        """Return a change of ``row``, about to be made, with what it says before."""
        return cls(row=row, old={name: getattr(row, name) for name in CORRECTABLE})

    @property
    def old_user_id(self) -> int:
        """Return whose line it was: another's where it was moved to the right player."""
        return int(self.old["user_id"])

    @property
    def has_moved(self) -> bool:
        """Return whether the line is another player's now."""
        return self.row.user_id != self.old_user_id

    @property
    def matters_for_numbers(self) -> bool:
        """Return whether anything is different now that numbers or the order of matches follow from."""
        return bool(self.differing - TOLD_ONLY)

    @property
    def is_real(self) -> bool:
        """Return whether anything is different now."""
        return bool(self.differing)

    @property
    def differing(self) -> set[str]:
        """Return the attributes that are different now."""
        different = {
            name for name in CORRECTABLE if name != "stats" and getattr(self.row, name) != self.old[name]
        }
        return different if is_same_json(self.old["stats"], self.row.stats) else different | {"stats"}
