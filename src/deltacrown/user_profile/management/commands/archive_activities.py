from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_date
from tqdm import tqdm

from deltacrown.core import clock
from deltacrown.core.errors import DomainError
from deltacrown.user_profile.timeline.archive import BATCH_SIZE, ArchivedActivities, archive_activities

#: What is older is archived unless another date is given (SPEC section 5): two years.
KEPT_LIVE = timedelta(days=2 * 365)
EXIT_LEFT, EXIT_WRONG_CALL, EXIT_INTERRUPTED = 1, 2, 130


class Command(BaseCommand):
    help = (
        "Move timeline entries older than two years into the archive; no timeline changes. Commits in batches: stop it and run it again at "
        "will. Exit code: 0 when all were moved, 1 when some were left, 2 for a wrong call, 130 when interrupted."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--before",
            metavar="DATE",
            help="what happened before this day in UTC, as 2024-01-01 (default: two years ago)",
        )
        parser.add_argument("--dry-run", action="store_true", help="only say how many would move")
        parser.add_argument(
            "--batch-size",
            type=int,
            default=BATCH_SIZE,
            metavar="N",
            help="entries per transaction (default %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        now = clock.now()
        try:
            moved = self._archive(
                read_day(options["before"]) if options["before"] else now - KEPT_LIVE, now, options
            )
        except DomainError as error:
            raise CommandError(error.message, returncode=EXIT_WRONG_CALL) from error
        except KeyboardInterrupt:
            self.stdout.write(
                "Interrupted. What was moved stays moved; run the same command again for the rest."
            )
            sys.exit(EXIT_INTERRUPTED)
        would = "Would move" if options["dry_run"] else "Moved"
        self.stdout.write(f"{would} {moved.entries:,} entries in {time.monotonic() - started:.1f} s.")
        if moved.left:
            self.stdout.write(
                f"{moved.left:,} entries stay: the archive already holds an entry of the same fact."
            )
            sys.exit(EXIT_LEFT)

    def _archive(self, before: datetime, now: datetime, options: dict[str, Any]) -> ArchivedActivities:
        with tqdm(file=sys.stderr, disable=not self.stderr.isatty(), unit="entry", desc="archiving") as bar:

            def show(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            dry_run, batch_size = options["dry_run"], options["batch_size"]
            return archive_activities(
                before=before, now=now, dry_run=dry_run, batch_size=batch_size, progress=show
            )


def read_day(text: str) -> datetime:
    """Read a day as its start in UTC; a wrong call when it is none."""
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise CommandError(f"{text!r} is no date: write it as 2024-01-01.", returncode=EXIT_WRONG_CALL)
    return datetime.combine(day, clock_time(), UTC)
