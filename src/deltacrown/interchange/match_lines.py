"""A match as a file tells it, before anything in it was looked up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from deltacrown.interchange.columns import Columns
from deltacrown.interchange.fields import Fields, GroupRefused
from deltacrown.interchange.groups import Group
from deltacrown.interchange.rows import Row

STATS = "stats."
COLUMNS = Columns(
    key="match_key",
    group="match",
    required=("match_key", "game", "player", "result", "played_at"),
    optional=("kind", "side", "score", "team", "tournament", "round", "voided"),
    prefix=STATS,
    nested="stats",
    free_text=("voided", "side", "round"),
)
RESULTS = {"win": "WIN", "loss": "LOSS", "draw": "DRAW"}
#: An empty kind is told by whether a tournament is named.
KINDS = {"": "", "casual": "CASUAL", "tournament": "TOURNAMENT"}


@dataclass(slots=True)
class PlayerDraft:
    """One player's line of a match."""

    line: int
    player: str
    result: str
    side: str = ""
    score: int | None = None
    team: str = ""
    stats: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class MatchDraft:
    """One match: what its lines agree on, and a draft per player. ``rows`` are the lines themselves."""

    key: str
    game: str
    played_at: datetime
    kind: str
    players: list[PlayerDraft]
    rows: list[Row]
    void_reason: str = ""
    tournament: str = ""
    round: str = ""
    series: str = ""
    map_name: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Shared:
    """What every line of a match must say alike."""

    game: str
    played_at: datetime | None
    kind: str
    voided: str
    tournament: str
    round: str


def read_match(group: Group) -> MatchDraft:
    """Make a match of its lines.

    :raises GroupRefused: naming every line that is wrong and how to mend it.
    """
    problems: list[str] = []
    if len(group.key) > 100:
        problems.append(f"line {group.rows[0].line}, match_key: it has {len(group.key)} characters; at most 100 are kept")
    read = [read_line(row, problems) for row in group.rows]
    problems += disagreements(group.rows, [shared for shared, _ in read])
    problems += repeated(group.rows, [player.player for _, player in read], what="two results of one match for")
    shared = read[0][0]
    problems += [] if problems else contradictions(group.rows[0], shared)
    if problems or shared.played_at is None:
        raise GroupRefused("; ".join(problems))
    return MatchDraft(
        key=group.key,
        game=shared.game,
        played_at=shared.played_at,
        kind=shared.kind,
        void_reason=shared.voided,
        tournament=shared.tournament,
        round=shared.round,
        players=[player for _, player in read],
        rows=group.rows,
    )


def read_line(row: Row, problems: list[str]) -> tuple[Shared, PlayerDraft]:
    """Read one line, noting in ``problems`` what is wrong with it."""
    fields = Fields(row, problems)
    tournament = fields.slug("tournament", longest=100)
    shared = Shared(
        game=fields.slug("game", longest=60, required=True),
        played_at=fields.moment("played_at", required=True),
        kind=fields.choice("kind", KINDS, default="") or ("TOURNAMENT" if tournament else "CASUAL"),
        voided=fields.text("voided", longest=500),
        tournament=tournament,
        round=fields.text("round", longest=100),
    )
    team = fields.text("team", longest=120)
    player = PlayerDraft(
        line=row.line,
        player=fields.username("player", required=True),
        result=fields.choice("result", RESULTS, default=""),
        side=fields.text("side", longest=120) or team,
        score=fields.whole("score"),
        team=team,
        stats=fields.stats(STATS, "stats"),
    )
    return shared, player


def disagreements(rows: list[Row], shared: list[Shared]) -> Iterable[str]:
    """Say which lines do not agree with the first on what belongs to the match as a whole."""
    first = shared[0]
    for row, other in zip(rows[1:], shared[1:], strict=True):
        if other == first:
            continue
        for name in Shared.__slots__:
            if getattr(other, name) != getattr(first, name):
                yield f"lines {rows[0].line} and {row.line} differ in {name}; all lines of a match must say the same"


def repeated(rows: list[Row], names: list[str], *, what: str) -> Iterable[str]:
    """Say which lines name someone an earlier line has already named; case makes no difference."""
    seen: dict[str, int] = {}
    for row, name in zip(rows, names, strict=True):
        earlier = seen.setdefault(name.lower(), row.line)
        if name and earlier != row.line:
            yield f"lines {earlier} and {row.line}: {what} “{name}”; keep one line"


def contradictions(row: Row, shared: Shared) -> list[str]:
    """Say what in a match cannot be true at once."""
    if shared.kind == "TOURNAMENT" and not shared.tournament:
        return [f"line {row.line}, kind: a tournament match must name its tournament; fill in the tournament column, or write casual"]
    if shared.kind == "CASUAL" and shared.tournament:
        return [f"line {row.line}, kind: a match of a tournament cannot be casual; leave kind empty, or the tournament"]
    if shared.round and not shared.tournament:
        return [f"line {row.line}, round: only a match of a tournament has a round; fill in the tournament column, or leave it empty"]
    return []
