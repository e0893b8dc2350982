"""Formula One: a driver a line. Who shares a car shares its place; who drove two has the better one."""

from __future__ import annotations

from deltacrown.interchange.columns import Columns
from deltacrown.interchange.drafts import LineDraft, MatchDraft
from deltacrown.interchange.fields import Fields
from deltacrown.interchange.format import FileReader, Format
from deltacrown.interchange.groups import Group
from deltacrown.interchange.rows import Row
from tests.interchange.sources.reading import make_handle, make_match, read_day

#: What stands instead of a position → how the race ended for the driver.
ENDS = {"R": "RETIRED", "D": "DISQUALIFIED", "N": "PLAY", "W": "FORFEIT"}


class FormulaOneReader(FileReader[MatchDraft]):
    """Reads races."""

    columns = Columns(
        key="race",
        group="match",
        required=("race", "date", "driver", "position_text"),
        optional=("car", "status", "points", "laps"),
    )

    def read(self, group: Group) -> MatchDraft:
        """Convert all lines of a race."""
        problems: list[str] = []
        lines: dict[str, LineDraft] = {}
        for row in group.rows:
            line = read_driver(row, problems)
            known = lines.setdefault(line.player, line)
            if (line.placement or 99) < (known.placement or 99):
                lines[line.player] = line

        fields = Fields(group.rows[0], problems)
        return make_match(
            group,
            key=group.key,
            game="formula-one",
            day=read_day(fields, "date", "%Y-%m-%d"),
            lines=[*lines.values()],
            problems=problems,
        )


def read_driver(row: Row, problems: list[str]) -> LineDraft:
    """Convert a line."""
    fields = Fields(row, problems)
    text = fields.raw("position_text")
    placement = int(text) if text.isdigit() else None
    return LineDraft(
        line=row.line,
        player=make_handle(fields.raw("driver")),
        result="WIN" if placement == 1 else "LOSS",
        placement=placement,
        ended_by=ENDS.get(text, "PLAY"),
        stats={name: fields.raw(name) for name in ("car", "points", "laps", "status") if fields.raw(name)},
    )


FORMAT = Format(help="Formula One races, a driver a line.", matches=FormulaOneReader)
