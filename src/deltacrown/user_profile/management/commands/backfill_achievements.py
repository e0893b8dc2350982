from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from deltacrown.user_profile.achievements.backfill import BackfilledAchievements, backfill_achievements


class Command(BaseCommand):
    help = (
        "Sync the catalogue of achievements, and the achievements and experience of every player, with all "
        "recorded facts; timelines and levels follow. Commits in batches, so it can be stopped and run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="change nothing; show what would be changed"
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
    """Return a sentence that says what was changed."""
    changes = done.changes
    award, update, revoke, change = "Awarded", "updated", "revoked", "changed"
    if dry_run:
        award, update, revoke, change = "Would award", "update", "revoke", "change"
    return (
        f"{award} {changes.awarded:,}, {update} {changes.updated:,} and {revoke} {changes.revoked:,} "
        f"achievements of {done.players:,} players, "
        f"and {change} the experience of {done.experience:,} of them."
    )
