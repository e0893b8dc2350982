from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from deltacrown.user_profile.achievements.backfill import BackfilledActivities, backfill_activities


class Command(BaseCommand):
    help = (
        "Sync every timeline with the facts in the tables: create missing entries, dated like their facts, "
        "update entries that differ, and withdraw entries whose fact is gone. Hidden entries stay hidden. "
        "Commits in batches, so it can be stopped and run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="change nothing; show what would be changed"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with tqdm(file=sys.stderr, disable=not self.stderr.isatty(), unit="player", desc="timelines") as bar:

            def show(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            done = backfill_activities(dry_run=options["dry_run"], progress=show)
        self.stdout.write(describe(done, dry_run=options["dry_run"]))


def describe(done: BackfilledActivities, *, dry_run: bool) -> str:
    """Return a sentence that says what was changed."""
    changes = done.changes
    create, update, withdraw = (
        ("Would create", "update", "withdraw") if dry_run else ("Created", "updated", "withdrew")
    )
    return (
        f"{create} {changes.created:,}, {update} {changes.amended:,} and {withdraw} {changes.withdrawn:,} "
        f"entries of {done.players:,} players."
    )
