from __future__ import annotations

from pathlib import Path
from typing import Any

from deltacrown.core import clock
from deltacrown.interchange.command import ImportCommand
from deltacrown.interchange.tournaments import TournamentIntake


class Command(ImportCommand):
    """``import_tournaments FILE…``: records the tournaments of interchange files, with entrants and results."""

    help = (
        "Import tournaments from CSV or NDJSON files, a line per entrant. A tournament is taken whole or refused whole; "
        "refused lines go to FILE.rejected.ndjson. Importing twice changes nothing. "
        "Exit code 0: all taken; 1: lines were refused; 2: a file could not be read; 130: interrupted, run again to finish."
    )
    default_batch_size = 20

    def make_intake(self, path: Path, options: dict[str, Any]) -> TournamentIntake:
        return TournamentIntake(create_missing=options["create_missing"])

    def handle(self, *args: object, **options: Any) -> None:
        self.import_files(options, now=clock.now())
