from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from deltacrown.core import clock
from deltacrown.core.commands import OwnCommand
from deltacrown.user_profile.people.avatars import sweep_avatars


class Command(OwnCommand):
    help = (
        "Delete the uploaded pictures that no profile names and that are older than a day: "
        "of uploads that were stopped, and of users who were deleted."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="list them, and delete nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        swept = sweep_avatars(now=clock.now(), dry_run=options["dry_run"])
        if options["dry_run"]:
            for name in swept.orphans:
                self.stdout.write(name)
        done = "are nobody's" if options["dry_run"] else "were nobody's and are deleted"
        self.stdout.write(f"{len(swept.orphans):,} of {swept.files:,} pictures {done}.")
