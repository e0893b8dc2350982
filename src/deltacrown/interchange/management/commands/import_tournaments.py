from __future__ import annotations

from typing import Any

from deltacrown.core import clock
from deltacrown.interchange.command import ImportCommand
from deltacrown.interchange.tournaments import TournamentRecorder


class Command(ImportCommand):
    """``import_tournaments FILE…``: records tournaments from files, with entrants and results."""

    help = (
        "Import tournaments from files. A tournament is taken whole or refused whole; "
        "refused lines go to FILE.rejected.ndjson. Importing twice changes nothing."
    )
    kind = "tournaments"

    def make_recorder(self, *, create_missing: bool, update_players: bool) -> TournamentRecorder:
        """Return what records the tournaments of one file."""
        return TournamentRecorder(create_missing=create_missing, update_players=update_players)

    def handle(self, *args: object, **options: Any) -> None:
        """Import the files."""
        self.import_files(options, now=clock.now())
