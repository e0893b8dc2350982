from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from tqdm import tqdm

from deltacrown.core.commands import OwnCommand
from deltacrown.user_profile.achievements.backfill import Backfilled, backfill_players


class Command(OwnCommand):
    help = (
        "Sync timelines, achievements and experience with the facts in the tables, after writes that bypass "
        "the services. Looks at players whose rows changed since it last did. Hidden entries stay hidden. "
        "Commits in batches, so it can be stopped and run again."
    )
    exits = {0: "when it is done", 1: "when anything would be changed, with --dry-run"}
    interrupted = "What was done so far stays; run the same command again for the rest."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="look at every player, whatever changed")
        parser.add_argument(
            "--dry-run", action="store_true", help="change nothing; show what would be changed"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON document instead of text")

    def handle(self, *args: Any, **options: Any) -> None:
        is_dry = options["dry_run"]
        done = self._run(everyone=options["all"], dry_run=is_dry)
        text = json.dumps(done.as_dict(), indent=2) if options["json"] else describe(done, dry_run=is_dry)
        self.stdout.write(text)
        if is_dry and done.mended:
            sys.exit(1)

    def _run(self, *, everyone: bool, dry_run: bool) -> Backfilled:
        with tqdm(file=sys.stderr, disable=not self.stderr.isatty(), unit="player", desc="players") as bar:

            def show(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            return backfill_players(everyone=everyone, dry_run=dry_run, progress=show)


def describe(done: Backfilled, *, dry_run: bool) -> str:
    """Return a sentence that says what was changed."""
    entries, badges = done.activities, done.achievements
    create, amend, withdraw = "Created", "updated", "withdrew"
    award, update, revoke, change = "awarded", "updated", "revoked", "changed"
    if dry_run:
        create, amend, withdraw = "Would create", "update", "withdraw"
        award, update, revoke, change = "award", "update", "revoke", "change"

    return (
        f"{create} {entries.created:,}, {amend} {entries.amended:,} and {withdraw} {entries.withdrawn:,} "
        f"entries; {award} {badges.awarded:,}, {update} {badges.updated:,} and {revoke} {badges.revoked:,} "
        f"achievements; {change} the experience of {done.experience:,}; looked at {done.players:,} players."
    )
