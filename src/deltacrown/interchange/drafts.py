"""Matches and tournaments as a file has them, before anything in them was looked up.

A format makes drafts; everything after that is the same for every format.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from deltacrown.interchange.rows import Row

#: What is recorded for a disqualification whose file gives no reason.
NO_REASON = "Disqualified; no reason was given."


class Draft(Protocol):
    """A match or tournament of a file; ``rows`` are the lines it was read from."""

    key: str
    rows: list[Row]


@dataclass(slots=True)
class LineDraft:
    """One player's line of a match.

    :param line: the line of the file, for messages.
    :param player: a username.
    :param result: ``WIN``, ``LOSS`` or ``DRAW``.
    :param team: a team's name; ``""`` for none.
    """

    line: int
    player: str
    result: str
    side: str = ""
    score: int | None = None
    team: str = ""
    stats: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class MatchDraft:
    """One match.

    :param key: the match key; at most 100 characters.
    :param game: a slug.
    :param played_at: timezone-aware.
    :param kind: ``CASUAL``, or ``TOURNAMENT`` with the slug of the tournament.
    :param void_reason: record it as void.
    :param facts: what describes the match of a tournament: mode, duration.
    """

    key: str
    game: str
    played_at: datetime
    kind: str
    lines: list[LineDraft]
    rows: list[Row]
    void_reason: str = ""
    tournament: str = ""
    round: str = ""
    series: str = ""
    map_name: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EntrantOutcome:
    """The result of an entrant: a placement, or the reason of a disqualification, or neither."""

    placement: int | None
    disqualified_reason: str
    prize: Decimal
    registered_at: datetime | None

    @property
    def is_decided(self) -> bool:
        """Return whether it has a result."""
        return self.placement is not None or bool(self.disqualified_reason)


@dataclass(slots=True)
class EntrantDraft:
    """A player (``team`` is empty), or a team with the players named for it (none: its members)."""

    line: int
    team: str
    players: list[str]
    outcome: EntrantOutcome

    @property
    def label(self) -> str:
        """Return the entrant's name for a message."""
        return self.team or self.players[0]


@dataclass(slots=True, eq=False)
class TournamentDraft:
    """One tournament.

    :param key: the slug.
    :param game: a slug.
    :param status: ``DRAFT``, ``OPEN``, ``RUNNING``, ``COMPLETED`` or ``CANCELLED``.
    """

    key: str
    game: str
    starts_at: datetime
    status: str
    entrants: list[EntrantDraft]
    rows: list[Row]
    name: str = ""
    ends_at: datetime | None = None

    @property
    def entrant_kind(self) -> str:
        """Return ``TEAM`` when any entrant is a team, else ``SOLO``."""
        return "TEAM" if any(entrant.team for entrant in self.entrants) else "SOLO"
