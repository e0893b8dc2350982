"""Smash: the sets of tournaments, with entrants who may have no account, and −1 for who was disqualified."""

from __future__ import annotations

from datetime import UTC, datetime

from deltacrown.interchange.columns import Columns
from deltacrown.interchange.drafts import LineDraft, MatchDraft
from deltacrown.interchange.fields import Fields, GroupRefused
from deltacrown.interchange.format import FileReader, Format
from deltacrown.interchange.groups import Group
from tests.interchange.sources.reading import make_handle, make_match


class SmashReader(FileReader[MatchDraft]):
    """Reads sets."""

    columns = Columns(
        key="set_id",
        group="match",
        required=("set_id", "event", "completed_at", "winner", "winner_score", "loser", "loser_score"),
        optional=("round",),
        one_line=True,
    )

    def read(self, group: Group) -> MatchDraft:
        """Convert a set into the lines of those who have an account."""
        problems: list[str] = []
        fields = Fields(group.rows[0], problems)
        lines = []
        for who, result in (("winner", "WIN"), ("loser", "LOSS")):
            name, score = fields.raw(who), fields.raw(f"{who}_score")
            is_out = score == "-1"
            if name:
                line = LineDraft(
                    group.rows[0].line, make_handle(name), "LOSS" if is_out else result, score=score
                )
                line.ended_by = "DISQUALIFIED" if is_out else "PLAY"
                lines.append(line)
        if not lines:
            raise GroupRefused(f"line {group.rows[0].line}: nobody in this set has an account")

        is_bye = fields.raw("loser_score") == "bye"
        if is_bye:
            lines[0].score, lines[0].ended_by = "", "BYE"
        return make_match(
            group,
            key=group.key,
            game="melee",
            day=datetime.fromtimestamp(fields.whole("completed_at") or 0, UTC),
            lines=lines,
            problems=problems,
            is_time_known=True,
            kind="TOURNAMENT",
            tournament=fields.slug("event", longest=100),
            round=fields.raw("round"),
        )


FORMAT = Format(help="Smash sets, a line each.", matches=SmashReader)
