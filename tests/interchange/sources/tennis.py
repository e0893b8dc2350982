"""Tennis: a match a line, the winner first, and the score in sets as the winner saw it."""

from __future__ import annotations

import re

from deltacrown.interchange.columns import Columns
from deltacrown.interchange.drafts import LineDraft, MatchDraft
from deltacrown.interchange.fields import Fields
from deltacrown.interchange.format import FileReader, Format
from deltacrown.interchange.groups import Group
from tests.interchange.sources.reading import make_handle, make_match, read_day

SET = re.compile(r"(\d+)-(\d+)(\(\d+\))?")
#: The last word of a score → how the loser ended the match.
ENDS = {"RET": "RETIRED", "W/O": "FORFEIT", "DEF": "DISQUALIFIED", "ABD": "ABANDONED"}


class TennisReader(FileReader[MatchDraft]):
    """Reads matches of tournaments."""

    columns = Columns(
        key=("tourney_id", "match_num"),
        group="match",
        required=("tourney_id", "tourney_name", "tourney_date", "match_num", "winner_name", "loser_name"),
        optional=("score", "best_of", "round", "minutes"),
        one_line=True,
    )

    def read(self, group: Group) -> MatchDraft:
        """Convert a line into the lines of both players; a bye has one."""
        problems: list[str] = []
        fields = Fields(group.rows[0], problems)
        winner, loser = fields.raw("winner_name"), fields.raw("loser_name")
        *sets, last = fields.raw("score").split() or [""]
        end = ENDS.get(last, "PLAY")
        sets += [last] if last and end == "PLAY" else []

        line = group.rows[0].line
        results = ("NONE", "NONE") if end == "ABANDONED" else ("WIN", "LOSS")
        of_winner = "PLAY" if end != "ABANDONED" else end
        lines = [LineDraft(line, make_handle(winner), results[0], score=" ".join(sets), ended_by=of_winner)]
        if loser.lower() == "bye":
            lines[0].ended_by = "BYE"
        else:
            turned = " ".join(SET.sub(r"\2-\1\3", each) for each in sets)
            lines.append(LineDraft(line, make_handle(loser), results[1], score=turned, ended_by=end))

        return make_match(
            group,
            key=group.key,
            game="tennis",
            day=read_day(fields, "tourney_date", "%Y%m%d"),
            lines=lines,
            problems=problems,
            sequence=fields.whole("match_num"),
            kind="TOURNAMENT",
            tournament=make_handle(f"{fields.raw('tourney_id')} {fields.raw('tourney_name')}"),
            round=fields.raw("round"),
        )


FORMAT = Format(help="Tennis matches, a line each.", matches=TennisReader)
