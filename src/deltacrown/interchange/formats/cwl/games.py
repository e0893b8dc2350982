"""Converting one game of a file into a match of its tournament."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from deltacrown.interchange.columns import Columns
from deltacrown.interchange.drafts import LineDraft, MatchDraft
from deltacrown.interchange.fields import Fields, GroupRefused, find_repeated, parse_number, shown
from deltacrown.interchange.formats.cwl.naming import round_of
from deltacrown.interchange.formats.cwl.stats import player_stats
from deltacrown.interchange.formats.cwl.survey import CwlLine
from deltacrown.interchange.groups import Group
from deltacrown.interchange.rows import Row

COLUMNS = Columns(
    key="match id",
    group="match",
    required=(
        "match id",
        "series id",
        "end time",
        "duration (s)",
        "mode",
        "map",
        "team",
        "player",
        "win?",
        "score",
        "kills",
        "deaths",
    ),
    prefix="",
)
#: The columns that are the same in all rows of a game.
SHARED = ("series id", "end time", "duration (s)", "mode", "map")
WON = {"w": True, "l": False}


def read_cwl_line(row: Row, problems: list[str]) -> CwlLine | None:
    """Read the part of a row that the tournament needs; None when it is wrong, as ``problems`` then say."""
    before = len(problems)
    fields = Fields(row, problems)
    ended_at = read_end(fields)
    duration = read_duration(fields)
    line = CwlLine(
        match=row.key,
        series=fields.text("series id", longest=100, required=True),
        started_at=ended_at - duration,
        ended_at=ended_at,
        team=fields.text("team", longest=120, required=True),
        player=fields.username("player", required=True),
        won=fields.choice("win?", WON, default=False),
    )
    return line if len(problems) == before else None


def read_end(fields: Fields) -> datetime:
    """Read ``2017-08-09 14:11:50 UTC``."""
    text = fields.raw("end time")
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
    except ValueError:
        fields.refuse(
            "end time", f"{shown(text)} is not a date and time; write it like 2017-08-09 14:11:50 UTC"
        )
        return datetime(1970, 1, 2, tzinfo=UTC)


def read_duration(fields: Fields) -> timedelta:
    """Read a number of seconds, from none to a day."""
    text = fields.raw("duration (s)")
    try:
        seconds = parse_number(text)
    except ValueError:  # too large a number is no duration either
        seconds = text
    if isinstance(seconds, str) or not 0 <= seconds <= 86_400:
        fields.refuse("duration (s)", f"{shown(text)} is not a number of seconds up to a day")
        return timedelta()
    return timedelta(seconds=seconds)


def read_game(group: Group, *, tournament: str, game: str, team_names: Mapping[str, str]) -> MatchDraft:
    """Convert a game's rows into a match. A game that neither team won is a draw.

    :raises GroupRefused: naming every line that is wrong and how to mend it.
    """
    problems: list[str] = []
    lines = [read_cwl_line(row, problems) for row in group.rows]
    players = [read_player(row, problems, team_names) for row in group.rows]
    problems += [
        f"lines {group.rows[0].line} and {row.line} differ in {name}; all lines of a match must say the same"
        for row in group.rows[1:]
        for name in SHARED
        if row.values[name] != group.rows[0].values[name]
    ]
    problems += find_repeated(
        group.rows, [player.player for player in players], what="two results of one match for"
    )
    first = lines[0]
    if problems or first is None:
        raise GroupRefused("; ".join(problems))
    if not any(line.won for line in lines if line):
        for player in players:
            player.result = "DRAW"
    facts = Fields(group.rows[0], problems)
    return MatchDraft(
        key=group.key,
        game=game,
        played_at=first.ended_at,
        kind="TOURNAMENT",
        lines=players,
        rows=group.rows,
        tournament=tournament,
        round=round_of(first.series),
        series=first.series,
        map_name=facts.text("map", longest=100),
        facts={"mode": facts.raw("mode"), "duration_s": int(read_duration(facts).total_seconds())},
    )


def read_player(row: Row, problems: list[str], team_names: Mapping[str, str]) -> LineDraft:
    """Read one player's part in a game; the side bears the name the team had that day."""
    fields = Fields(row, problems)
    team = fields.raw("team")
    try:
        stats = player_stats(row.values)
    except ValueError as error:
        problems.append(f"line {row.line}, {error}")
        stats = {}
    return LineDraft(
        line=row.line,
        player=fields.raw("player"),
        result="WIN" if fields.raw("win?").lower() == "w" else "LOSS",
        side=team,
        score="" if (score := fields.whole("score")) is None else str(score),
        team=team_names.get(team, team),
        stats=stats,
    )
