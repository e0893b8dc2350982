"""Matches and tournaments as a file has them, before anything in them was looked up.

A format makes drafts; everything after that is the same for every format.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, Protocol

from deltacrown.interchange.rows import Row

#: What became of a registration. ``LEFT``: the player was taken out of a roster that stands.
Entry = Literal["", "REGISTERED", "CHECKED_IN", "WITHDRAWN", "DISQUALIFIED", "LEFT"]

#: The statuses of tournaments that have results. One that is annulled keeps them, and they count nowhere.
WITH_RESULTS = frozenset({"COMPLETED", "ANNULLED"})

#: What is recorded for a disqualification whose file gives no reason.
NO_REASON = "Disqualified; no reason was given."


@dataclass(frozen=True, slots=True)
class PlayerTexts:
    """What a file says of a player besides the username: the display name and the country."""

    name: str = ""
    country: str = ""

    def __bool__(self) -> bool:
        return bool(self.name or self.country)


NO_TEXTS = PlayerTexts()


class Draft(Protocol):
    """A match or tournament of a file.

    :ivar rows: the lines it was read from.
    :ivar warnings: what looks odd about them, a sentence each, if it is taken.
    """

    key: str
    rows: list[Row]
    warnings: list[str]


@dataclass(slots=True)
class LineDraft:
    """One player's line of a match.

    :param line: the line of the file, for messages.
    :param player: a username, or another name of the player, as in ``directory.PLAYER_ADDRESSES``.
    :param result: ``WIN``, ``LOSS``, ``DRAW`` or ``NONE``.
    :param void_reason: why this line is void, where not all of the match is.
    :param team: a team's name; ``""`` for none.
    :param about: what the player is called; of one who is known, it is set where there is nothing.

    The rest is as in ``games.services.LineRecord``.
    """

    line: int
    player: str
    result: str
    side: str = ""
    score: str = ""
    placement: int | None = None
    ended_by: str = "PLAY"
    uncounted_reason: str = ""
    void_reason: str = ""
    team: str = ""
    stats: dict[str, Any] = field(default_factory=dict)
    about: PlayerTexts = NO_TEXTS


@dataclass(slots=True, eq=False)
class MatchDraft:
    """One match.

    :param key: the match key; at most 100 characters.
    :param game: a slug.
    :param played_at: timezone-aware.
    :param is_time_known: False where the file has a date alone.
    :param kind: ``CASUAL``, or ``TOURNAMENT`` with the slug of the tournament.
    :param void_reason: record all of it as void.
    :param sequence: its place among matches of the same time, from 0 on.
    :param facts: what describes the match of a tournament: mode, duration.
    :param warnings: what looks odd about its lines, a sentence each.
    """

    key: str
    game: str
    played_at: datetime
    kind: str
    lines: list[LineDraft]
    rows: list[Row]
    is_time_known: bool = True
    sequence: int | None = None
    void_reason: str = ""
    tournament: str = ""
    round: str = ""
    series: str = ""
    best_of: int | None = None
    map_name: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class EntrantOutcome:
    """The result of an entrant: a placement, or the reason of a disqualification, or that of being unplaced.

    :param placement_to: the last place of a shared range.
    :param unplaced_reason: why it has no placement: not classified, did not start.
    :param registered_at: when it registered; of a team, when the first of its players did.

    The rest is what a site kept of it, for another site. None and empty are what follows from the others.

    :param decided_at: when the result became official, if not at the end.
    :param disqualified_at: when it was disqualified, if not then.
    :param published_placement: the placement before any disqualification, to ``published_placement_to`` where
        it is a range.
    :param withheld_prize: the prize that a disqualification took.
    :param uncounted_reason: why the result counts nowhere, though it is kept.
    :param stats: what else is kept with the result.
    """

    placement: int | None
    disqualified_reason: str
    prize: Decimal
    registered_at: datetime | None
    placement_to: int | None = None
    unplaced_reason: str = ""
    decided_at: datetime | None = None
    disqualified_at: datetime | None = None
    published_placement: int | None = None
    published_placement_to: int | None = None
    withheld_prize: Decimal = Decimal(0)
    uncounted_reason: str = ""
    stats: dict[str, Any] = field(default_factory=dict)

    @property
    def is_decided(self) -> bool:
        """Return whether it has a result."""
        return self.placement is not None or bool(self.disqualified_reason or self.unplaced_reason)


@dataclass(frozen=True, slots=True)
class MemberDraft:
    """A player who enters, alone or as one of a team's roster.

    :param registered_at: when the player was registered, if not with the entrant.
    :param entry: what became of the registration; empty where it follows from the result.
    :param shares: whether the player has the team's result; None: who is on the roster at the end has.
    """

    player: str
    registered_at: datetime | None = None
    entry: Entry = ""
    shares: bool | None = None
    about: PlayerTexts = NO_TEXTS


@dataclass(slots=True)
class EntrantDraft:
    """A player (``team`` is empty), or a team with the players named for it (none: its members).

    :param members: more about ``players``, in the same order; empty where there is no more.
    :param barred_reason: why it was disqualified without a result: before the end, or before there are any.
    """

    line: int
    team: str
    players: list[str]
    outcome: EntrantOutcome
    members: list[MemberDraft] = field(default_factory=list)
    barred_reason: str = ""

    @property
    def label(self) -> str:
        """Return the entrant's name for a message."""
        return self.team or self.players[0]


@dataclass(slots=True, eq=False)
class TournamentDraft:
    """One tournament.

    :param key: the slug.
    :param game: a slug.
    :param prize_currency: of all prizes, as in ISO 4217; empty where it is not said.
    :param status: ``DRAFT``, ``OPEN``, ``RUNNING``, ``COMPLETED`` or ``CANCELLED``.
    :param kind: ``SOLO`` or ``TEAM``, where the entrants do not show it.
    :param organiser: a username; empty for none.
    :param capacity: most entrants; None for no limit.
    :param counts_forfeits: whether matches decided by forfeit count; None for the rule of the game.
    :param is_provisional: it was made from its matches alone, and another file may replace what was guessed.
    """

    key: str
    game: str
    starts_at: datetime
    status: str
    entrants: list[EntrantDraft]
    rows: list[Row]
    name: str = ""
    ends_at: datetime | None = None
    prize_currency: str = ""
    kind: str = ""
    organiser: str = ""
    capacity: int | None = None
    counts_forfeits: bool | None = None
    is_provisional: bool = False
    warnings: list[str] = field(default_factory=list)

    @property
    def entrant_kind(self) -> str:
        """Return ``TEAM`` when any entrant is a team, else ``SOLO``, if it is not said."""
        return self.kind or ("TEAM" if any(entrant.team for entrant in self.entrants) else "SOLO")

    @property
    def decided_at(self) -> datetime | None:
        """Return when the results became official: of most entrants, where it is said."""
        times = Counter(entrant.outcome.decided_at for entrant in self.entrants if entrant.outcome.is_decided)
        return times.most_common(1)[0][0] if times else None
