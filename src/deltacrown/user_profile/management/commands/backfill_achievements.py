from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from deltacrown.user_profile.achievements.backfill import BackfilledAchievements, backfill_achievements


class Command(BaseCommand):
    help = (
        "Bring the catalogue of achievements up to date, and what every player holds of it and has earned in tournaments, from everything "
        "recorded; timelines and levels follow. Commits in batches; stop it and run it again at will."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="change nothing, say what would be changed"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with tqdm(
            file=sys.stderr, disable=not self.stderr.isatty(), unit="player", desc="achievements"
        ) as bar:

            def show(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            done = backfill_achievements(dry_run=options["dry_run"], progress=show)
        self.stdout.write(describe(done, dry_run=options["dry_run"]))


def describe(done: BackfilledAchievements, *, dry_run: bool) -> str:
    """What was done, in a line."""
    would = "Would have awarded" if dry_run else "Awarded"
    changes = done.changes
    return (
        f"{would} {changes.awarded:,}, restated {changes.restated:,} and revoked {changes.revoked:,} achievements, "
        f"and changed the experience of {done.experience:,}, of {done.players:,} players."
    )
