"""Files of matches in DeltaCrown's own format: a line per player and match."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from deltacrown.interchange.columns import Columns
from deltacrown.interchange.drafts import LineDraft, MatchDraft
from deltacrown.interchange.fields import Fields, GroupRefused, find_disagreements, find_repeated
from deltacrown.interchange.format import FileReader
from deltacrown.interchange.groups import Group
from deltacrown.interchange.rows import Row

STATS, NESTED = "stats.", "stats"
MATCH_COLUMNS = Columns(
    key="match_key",
    group="match",
    required=("match_key", "game", "player", "result", "played_at"),
    optional=("kind", "side", "score", "team", "tournament", "round", "series", "map", "voided", "details"),
    prefix=STATS,
    nested=NESTED,
    free_text=("voided", "side", "round", "series", "map", "details", NESTED),
)
#: What only a match of a tournament has, in words.
NAMED = {"round": "a round", "series": "a series", "map": "a map", "details": "details"}
RESULTS = {"win": "WIN", "loss": "LOSS", "draw": "DRAW"}
#: An empty kind follows from whether a tournament is named.
KINDS = {"": "", "casual": "CASUAL", "tournament": "TOURNAMENT"}


@dataclass(slots=True)
class MatchFacts:
    """What every line of a match must say alike."""

    game: str
    played_at: datetime | None
    kind: str
    voided: str
    tournament: str
    round: str
    series: str
    map: str
    details: dict[str, Any]


class MatchReader(FileReader[MatchDraft]):
    """Reads a file of matches."""

    columns = MATCH_COLUMNS

    def read(self, group: Group) -> MatchDraft:
        """Convert the lines of a match."""
        return read_match(group)


def read_match(group: Group) -> MatchDraft:
    """Convert the lines of a match.

    :raises GroupRefused: naming every line that is wrong and how to mend it.
    """
    problems: list[str] = []
    if len(group.key) > 100:
        line = group.rows[0].line
        problems.append(f"line {line}, match_key: it has {len(group.key)} characters; at most 100 are kept")
    read = [read_match_line(row, problems) for row in group.rows]
    problems += find_disagreements(group.rows, [shared for shared, _ in read], what="match")
    problems += find_repeated(
        group.rows, [player.player for _, player in read], what="two results of one match for"
    )
    shared = read[0][0]
    problems += [] if problems else find_contradictions(group.rows[0], shared)
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
        series=shared.series,
        map_name=shared.map,
        facts=shared.details,
        lines=[player for _, player in read],
        rows=group.rows,
    )


def read_match_line(row: Row, problems: list[str]) -> tuple[MatchFacts, LineDraft]:
    """Read one line; add what is wrong with it to ``problems``."""
    fields = Fields(row, problems)
    tournament = fields.slug("tournament", longest=100)
    shared = MatchFacts(
        game=fields.slug("game", longest=60, required=True),
        played_at=fields.date_time("played_at", required=True),
        kind=fields.choice("kind", KINDS, default="") or ("TOURNAMENT" if tournament else "CASUAL"),
        voided=fields.text("voided", longest=500),
        tournament=tournament,
        round=fields.text("round", longest=100),
        series=fields.text("series", longest=100),
        map=fields.text("map", longest=100),
        details=fields.json_object("details"),
    )
    team = fields.text("team", longest=120)
    player = LineDraft(
        line=row.line,
        player=fields.username("player", required=True),
        result=fields.choice("result", RESULTS, default=""),
        side=unicodedata.normalize("NFC", fields.text("side", longest=120) or team),
        score=fields.whole("score"),
        team=team,
        stats=fields.stats(STATS, NESTED),
    )
    return shared, player


def find_contradictions(row: Row, shared: MatchFacts) -> list[str]:
    """Return what in a match cannot be true at once."""
    if shared.kind == "TOURNAMENT" and not shared.tournament:
        problem, mend = "a tournament match must name its tournament", "fill in the tournament column"
        return [f"line {row.line}, kind: {problem}; {mend}, or write casual"]
    if shared.kind == "CASUAL" and shared.tournament:
        problem = "a match of a tournament cannot be casual"
        return [f"line {row.line}, kind: {problem}; leave kind empty, or the tournament"]
    for column in () if shared.tournament else ("round", "series", "map", "details"):
        if getattr(shared, column):
            problem, mend = (
                f"only a match of a tournament has {NAMED[column]}",
                "fill in the tournament column",
            )
            return [f"line {row.line}, {column}: {problem}; {mend}, or leave it empty"]
    return []
