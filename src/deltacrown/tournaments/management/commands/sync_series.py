from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from deltacrown.core.commands import OwnCommand
from deltacrown.tournaments.services import sync_all_series


class Command(OwnCommand):
    help = (
        "Compare every series with its games, and make those that differ say what the games say. "
        "Commits in batches, so it can be stopped and run again. The nightly job does the same."
    )
    exits = {
        0: "when every series was as its games say",
        1: "when any was not (also when it was mended)",
    }
    interrupted = "Series mended so far stay; run the same command again for the rest."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        done = sync_all_series(dry_run=options["dry_run"])
        verdict = "all as their games say"
        if done.changed:
            mended = "" if options["dry_run"] else ", and are now"
            verdict = f"{done.changed:,} results of players were not as the games say{mended}"

        self.stdout.write(f"{done.series:,} series compared: {verdict}.")
        if done.changed:
            sys.exit(1)
