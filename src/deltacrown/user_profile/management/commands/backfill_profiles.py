from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from tqdm import tqdm

from deltacrown.core.commands import OwnCommand
from deltacrown.user_profile.people.profiles import (
    Provisioned,
    ensure_profiles,
    list_users_without_privacy,
    list_users_without_profile,
)


class Command(OwnCommand):
    help = (
        "Create the profile and privacy rows of users who have none, and mend the keys by which names are "
        "found and compared, where raw SQL wrote a name, and the standing of accounts that were closed so. "
        "Commits in batches, so it can be stopped and run again."
    )
    interrupted = "Rows created so far stay; run the same command again for the rest."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only show how many rows are missing")

    def handle(self, *args: Any, **options: Any) -> None:
        profiles, privacy = list_users_without_profile().count(), list_users_without_privacy().count()
        if options["dry_run"]:
            self.stdout.write(f"{profiles:,} profiles and {privacy:,} privacy rows are missing.")
            return
        made = self._make(profiles + privacy)
        self.stdout.write(f"Created {made.profiles:,} profiles and {made.privacy_settings:,} privacy rows.")
        if made.names:
            self.stdout.write(f"Mended the name keys of {made.names:,} rows.")
        if made.standings:
            self.stdout.write(f"Synced the standing of {made.standings:,} players with their accounts.")

    def _make(self, total: int) -> Provisioned:
        # Not self.stderr: Django adds a line break to every write, which would break the progress bar.
        with tqdm(
            total=total, file=sys.stderr, disable=not self.stderr.isatty(), unit="row", desc="making"
        ) as bar:
            return ensure_profiles(lambda made: bar.update(made - bar.n))
