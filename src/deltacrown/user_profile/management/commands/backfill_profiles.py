from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from deltacrown.user_profile.people.profiles import (
    Provisioned,
    ensure_profiles,
    list_users_without_privacy,
    list_users_without_profile,
)

EXIT_INTERRUPTED = 130


class Command(BaseCommand):
    help = (
        "Create the profile and privacy rows of users who have none. "
        "Commits in batches, so it can be stopped and run again. "
        "Exit code: 0 when it is done, 130 when interrupted."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only show how many rows are missing")

    def handle(self, *args: Any, **options: Any) -> None:
        profiles, privacy = list_users_without_profile().count(), list_users_without_privacy().count()
        if options["dry_run"]:
            self.stdout.write(f"{profiles:,} profiles and {privacy:,} privacy rows are missing.")
            return
        try:
            made = self._make(profiles + privacy)
        except KeyboardInterrupt:
            self.stdout.write(
                "Interrupted. Rows created so far stay; run the same command again for the rest."
            )
            sys.exit(EXIT_INTERRUPTED)
        self.stdout.write(f"Created {made.profiles:,} profiles and {made.privacy_settings:,} privacy rows.")

    def _make(self, total: int) -> Provisioned:
        # Not self.stderr: Django adds a line break to every write, which would break the progress bar.
        with tqdm(
            total=total, file=sys.stderr, disable=not self.stderr.isatty(), unit="row", desc="making"
        ) as bar:
            return ensure_profiles(lambda made: bar.update(made - bar.n))
