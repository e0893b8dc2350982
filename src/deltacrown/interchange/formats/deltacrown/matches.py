"""Files of matches in DeltaCrown's own format: a line per player and match."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from deltacrown.interchange.columns import Columns
from deltacrown.interchange.drafts import LineDraft, MatchDraft
from deltacrown.interchange.fields import (
    DayOrTime,
    Fields,
    GroupRefused,
    find_disagreements,
    find_repeated,
)
from deltacrown.interchange.format import FileReader
from deltacrown.interchange.formats.deltacrown.players import read_player_texts
from deltacrown.interchange.groups import Group
from deltacrown.interchange.rows import Row

STATS, NESTED = "stats.", "stats"
MATCH_COLUMNS = Columns(
    key="match_key",
    group="match",
    required=("match_key", "game", "player", "result", "played_at"),
    optional=(
        "kind",
        "side",
        "score",
        "placement",
        "ended_by",
        "uncounted",
        "voided",
        "team",
        "tournament",
        "round",
        "series",
        "best_of",
        "map",
        "sequence",
        "player_name",
        "country",
        "details",
    ),
    prefix=STATS,
    nested=NESTED,
    free_text=("voided", "uncounted", "side", "score", "round", "series", "map", "details", NESTED),
)
#: What only a match of a tournament has, in words.
NAMED = {
    "round": "a round",
    "series": "a series",
    "best_of": "a length of series",
    "map": "a map",
    "details": "details",
}
NAMELESS = "It is a tournament's, and names none."
RESULTS = {"win": "WIN", "loss": "LOSS", "draw": "DRAW", "none": "NONE"}
#: An empty one is play: most matches are played to their end.
ENDED_BY = {
    "": "PLAY",
    "play": "PLAY",
    "forfeit": "FORFEIT",
    "bye": "BYE",
    "retired": "RETIRED",
    "disqualified": "DISQUALIFIED",
    "abandoned": "ABANDONED",
}
#: An empty kind follows from whether a tournament is named.
KINDS = {"": "", "casual": "CASUAL", "tournament": "TOURNAMENT"}


@dataclass(slots=True)
class MatchFacts:
    """What every line of a match must say alike."""

    game: str
    played_at: DayOrTime | None
    kind: str
    sequence: int | None
    tournament: str
    round: str
    series: str
    best_of: int | None
    map: str
    details: dict[str, Any]


#: The columns of these.
SHARED = (
    "tournament",
    "game",
    "played_at",
    "kind",
    "sequence",
    "round",
    "series",
    "best_of",
    "map",
    "details",
)


class MatchReader(FileReader[MatchDraft]):
    """Reads a file of matches."""

    columns = MATCH_COLUMNS

    def split(self, group: Group) -> list[Group]:
        """Return a group for each game: a key names a match within its game."""
        by_game: dict[str, list[Row]] = {}
        for row in group.rows:
            by_game.setdefault(str(row.values.get("game") or "").strip(), []).append(row)
        if len(by_game) == 1 or group.refusal:
            return [group]
        return [Group(group.key, rows) for rows in by_game.values()]

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
    read = list(read_lines(group.rows, problems))
    problems += find_disagreements(group.rows, [shared for shared, _ in read], what="match")
    problems += find_repeated(
        group.rows, [player.player for _, player in read], what="two results of one match for"
    )
    shared = read[0][0]
    problems += [] if problems else find_contradictions(group.rows[0], shared)
    if problems or shared.played_at is None:
        raise GroupRefused("; ".join(problems))
    lines = [line for _, line in read]
    return MatchDraft(
        key=group.key,
        game=shared.game,
        played_at=shared.played_at.at,
        is_time_known=shared.played_at.is_time_known,
        sequence=shared.sequence,
        kind=shared.kind,
        void_reason=take_void_of_all(lines),
        tournament=shared.tournament,
        round=shared.round,
        series=shared.series,
        best_of=shared.best_of,
        map_name=shared.map,
        facts=shared.details,
        lines=lines,
        warnings=[NAMELESS] if shared.kind == "TOURNAMENT" and not shared.tournament else [],
        rows=group.rows,
    )


def read_lines(rows: list[Row], problems: list[str]) -> Iterator[tuple[MatchFacts, LineDraft]]:
    """Yield what each line of a match says; add what is wrong with it to ``problems``.

    What a line repeats word for word is read once, unless anything is wrong: each line is named that is.
    """
    facts: MatchFacts | None = None
    before: list[Any] = []
    for row in rows:
        fields = Fields(row, problems)
        told = [row.values.get(name) for name in SHARED]
        if facts is None or problems or told != before:
            facts = read_facts(fields)
            # Texts alone: of what JSON has, 1 and true are equal.
            before = told if all(value is None or isinstance(value, str) for value in told) else []
        yield facts, read_player_line(fields)


def read_facts(fields: Fields) -> MatchFacts:
    """Read what a line says of the match."""
    tournament = fields.slug("tournament", longest=100)
    return MatchFacts(
        game=fields.slug("game", longest=60, required=True),
        played_at=fields.day_or_time("played_at", required=True),
        kind=fields.choice("kind", KINDS, default="") or ("TOURNAMENT" if tournament else "CASUAL"),
        sequence=fields.whole("sequence", least=0),
        tournament=tournament,
        round=fields.text("round", longest=100),
        series=fields.text("series", longest=100),
        best_of=fields.whole("best_of", least=1),
        map=fields.text("map", longest=100),
        details=fields.json_object("details"),
    )


def read_player_line(fields: Fields) -> LineDraft:
    """Read what a line says of its player."""
    team = fields.text("team", longest=120)
    side = fields.text("side", longest=120) or team
    return LineDraft(
        line=fields.row.line,
        player=fields.username("player", required=True),
        result=fields.choice("result", RESULTS, default=""),
        side=side if side.isascii() else unicodedata.normalize("NFC", side),
        score=fields.text("score", longest=100),
        placement=fields.whole("placement", least=1),
        ended_by=fields.choice("ended_by", ENDED_BY, default=""),
        uncounted_reason=fields.text("uncounted", longest=500),
        void_reason=fields.text("voided", longest=500),
        team=team,
        stats=fields.stats(STATS, NESTED),
        about=read_player_texts(fields),
    )


def take_void_of_all(lines: list[LineDraft]) -> str:
    """Return the reason for which all of a match is void, taken off its lines; empty where it is not.

    Reasons that differ, or lines without one, are a void of some lines: these keep theirs.
    """
    reasons = {line.void_reason for line in lines}
    if len(reasons) > 1:
        return ""
    for line in lines:
        line.void_reason = ""
    return reasons.pop()


def find_contradictions(row: Row, shared: MatchFacts) -> list[str]:
    """Return what in a match cannot be true at once."""
    if shared.kind == "CASUAL" and shared.tournament:
        problem = "a match of a tournament cannot be casual"
        return [f"line {row.line}, kind: {problem}; leave kind empty, or the tournament"]
    for column in () if shared.tournament else ("round", "series", "best_of", "map", "details"):
        if getattr(shared, column):
            problem, mend = (
                f"only a match of a tournament has {NAMED[column]}",
                "fill in the tournament column",
            )
            return [f"line {row.line}, {column}: {problem}; {mend}, or leave it empty"]
    return []
