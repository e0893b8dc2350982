from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from deltacrown.user_profile.achievements.backfill import BackfilledActivities, backfill_activities


class Command(BaseCommand):
    help = (
        "Make every timeline say what the tables say, each fact at its own date: enter what is missing, amend what differs, withdraw what "
        "has no fact. What players hid stays hidden. Commits in batches; stop it and run it again at will."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="change nothing, say what would be changed"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with tqdm(file=sys.stderr, disable=not self.stderr.isatty(), unit="player", desc="timelines") as bar:

            def show(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            done = backfill_activities(dry_run=options["dry_run"], progress=show)
        self.stdout.write(describe(done, dry_run=options["dry_run"]))


def describe(done: BackfilledActivities, *, dry_run: bool) -> str:
    """What was done, in a line."""
    would = "Would have entered" if dry_run else "Entered"
    changes = done.changes
    return f"{would} {changes.created:,}, amended {changes.amended:,} and withdrawn {changes.withdrawn:,} entries of {done.players:,} players."
