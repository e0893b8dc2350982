"""Football: internationals since 1872; a shoot-out decides who goes on, and the match is a draw."""

from __future__ import annotations

from deltacrown.interchange.columns import Columns
from deltacrown.interchange.drafts import LineDraft, MatchDraft
from deltacrown.interchange.fields import Fields
from deltacrown.interchange.format import FileReader, Format
from deltacrown.interchange.groups import Group
from tests.interchange.sources.reading import make_handle, make_match, read_day

RESULTS = {1: ("WIN", "LOSS"), 0: ("DRAW", "DRAW"), -1: ("LOSS", "WIN")}


class FootballReader(FileReader[MatchDraft]):
    """Reads internationals. The national teams are the players."""

    columns = Columns(
        key=("date", "home_team", "away_team"),
        group="match",
        required=("date", "home_team", "away_team", "home_score", "away_score", "tournament"),
        optional=("city", "country", "neutral", "shootout_winner"),
        one_line=True,
    )

    def read(self, group: Group) -> MatchDraft:
        """Convert a line into the lines of both sides; a match that was not played out has no result."""
        problems: list[str] = []
        fields = Fields(group.rows[0], problems)
        names = [fields.raw("home_team"), fields.raw("away_team")]
        scores = [fields.raw("home_score"), fields.raw("away_score")]
        shootout = fields.raw("shootout_winner")

        results, end = ("NONE", "NONE"), "ABANDONED"
        if "NA" not in scores:
            home, away = map(int, scores)
            results, end = RESULTS[(home > away) - (home < away)], "PLAY"
        lines = [
            LineDraft(group.rows[0].line, make_handle(name), result, score=score, ended_by=end)
            for name, result, score in zip(names, results, scores, strict=True)
        ]
        for line, name in zip(lines, names, strict=True):
            line.score = "" if line.score == "NA" else line.score
            if shootout:
                line.stats["shootout"] = "won" if name == shootout else "lost"

        return make_match(
            group,
            key=group.key,
            game="football",
            day=read_day(fields, "date", "%Y-%m-%d"),
            lines=lines,
            problems=problems,
        )


FORMAT = Format(help="Football internationals, a line each.", matches=FootballReader)
