from __future__ import annotations

from typing import Any

from deltacrown.core import clock
from deltacrown.interchange.command import ImportCommand
from deltacrown.interchange.matches import MatchRecorder


class Command(ImportCommand):
    """``import_matches FILE…``: records matches from files."""

    help = (
        "Import matches from files. A match is taken whole or refused whole; "
        "refused lines go to FILE.rejected.ndjson. Importing twice changes nothing."
    )
    kind = "matches"

    def make_recorder(self, *, create_missing: bool, update_players: bool) -> MatchRecorder:
        """Return what records the matches of one file."""
        return MatchRecorder(create_missing=create_missing, update_players=update_players)

    def handle(self, *args: object, **options: Any) -> None:
        """Import the files."""
        self.import_files(options, now=clock.now())
