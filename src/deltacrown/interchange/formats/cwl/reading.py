"""Reading a CWL file: twice like every file, the first time for what only the whole file shows."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from deltacrown.interchange.drafts import MatchDraft
from deltacrown.interchange.format import FileReader
from deltacrown.interchange.formats.cwl.event import complete_event, enter_event
from deltacrown.interchange.formats.cwl.games import COLUMNS, read_cwl_line, read_game
from deltacrown.interchange.formats.cwl.naming import TITLES, event_of, title_of
from deltacrown.interchange.formats.cwl.survey import Survey
from deltacrown.interchange.groups import Group
from deltacrown.interchange.lines import FileRefused
from deltacrown.interchange.rows import Row


class CwlReader(FileReader[MatchDraft]):
    """Reads one file of the Call of Duty World League's data."""

    columns = COLUMNS
    creates_missing = True

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.event = event_of(path)
        self.survey = Survey()
        self.game = ("", "")

    def look(self, row: Row) -> None:
        """Keep what belongs to the tournament; what is wrong with the row is reported when it is read."""
        if not self.game[0]:
            self.game = self._title(row)
        if line := read_cwl_line(row, []):
            self.survey.lines.append(line)

    def begin(self, *, whole: bool, now: datetime) -> None:
        """Record the game, the tournament, its players, teams and rosters."""
        if self.survey.lines:
            enter_event(event=self.event, title=self.game, survey=self.survey, whole=whole, now=now)

    def read(self, group: Group) -> MatchDraft:
        """Convert a game's rows into a match."""
        return read_game(
            group, tournament=self.event.slug, game=self.game[0], team_names=self.survey.team_names
        )

    def finish(self, *, whole: bool, now: datetime) -> list[str]:
        """Complete the tournament when every game was taken: the last series decides places 1 and 2."""
        if not self.survey.lines:
            return []
        if not whole:
            what = "the tournament has no results yet, since lines were refused"
            return [f"{what}; mend the file and import it again"]
        return complete_event(event=self.event, survey=self.survey, now=now)

    def _title(self, row: Row) -> tuple[str, str]:
        if title := title_of(row.values):
            return title
        raise FileRefused(
            f"{self.path}: none of the columns {', '.join(TITLES)} is there, so the game is not known."
        )
