from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from deltacrown.core import clock
from deltacrown.interchange.command import ImportCommand
from deltacrown.interchange.cwl.intake import CwlIntake
from deltacrown.interchange.matches import MatchIntake


class Command(ImportCommand):
    """``import_matches FILE…``: records the matches of interchange files, or of the CWL's own."""

    help = (
        "Import matches from CSV or NDJSON files, a line per player per match. A match is taken whole or refused whole; "
        "refused lines go to FILE.rejected.ndjson. Importing twice changes nothing. "
        "Exit code 0: all taken; 1: lines were refused; 2: a file could not be read; 130: interrupted, run again to finish."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--format",
            choices=["interchange", "cwl"],
            default="interchange",
            help="cwl: a file of the Call of Duty World League's data, with its tournament, teams and players (implies --create-missing).",
        )

    def make_intake(self, path: Path, options: dict[str, Any]) -> MatchIntake:
        if options["format"] == "cwl":
            return CwlIntake(path)
        return MatchIntake(create_missing=options["create_missing"])

    def handle(self, *args: object, **options: Any) -> None:
        self.import_files(options, now=clock.now())
