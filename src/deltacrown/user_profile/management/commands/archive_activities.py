from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from typing import Any

from django.core.management.base import CommandError
from django.utils.dateparse import parse_date
from tqdm import tqdm

from deltacrown.core import clock
from deltacrown.core.commands import EXIT_WRONG_CALL, OwnCommand, whole_number
from deltacrown.core.days import start_of_day
from deltacrown.core.errors import DomainError
from deltacrown.user_profile.timeline.archive import BATCH_SIZE, ArchivedActivities, archive_activities

#: The default age of entries to archive: two years (SPEC section 5).
KEPT_LIVE = timedelta(days=2 * 365)
EXIT_LEFT = 1


class Command(OwnCommand):
    help = (
        "Move timeline entries older than two years into the archive; no timeline changes. "
        "Commits in batches, so it can be stopped and run again."
    )
    exits = {0: "when all were moved", EXIT_LEFT: "when some were left"}
    interrupted = "Entries moved so far stay archived; run the same command again for the rest."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--before",
            metavar="DATE",
            help="move entries of events before this day in UTC, as 2024-01-01 (default: two years ago)",
        )
        parser.add_argument("--dry-run", action="store_true", help="only show how many would be moved")
        parser.add_argument(
            "--batch-size",
            type=whole_number(1, 1_000_000),
            default=BATCH_SIZE,
            metavar="N",
            help="entries per transaction (default %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        now = clock.now()
        try:
            before = read_day(options["before"]) if options["before"] else start_of_day(now) - KEPT_LIVE
            moved = self._archive(before, now, options)
        except DomainError as error:
            raise CommandError(error.message, returncode=EXIT_WRONG_CALL) from error
        would = "Would move" if options["dry_run"] else "Moved"
        self.stdout.write(f"{would} {moved.entries:,} entries in {time.monotonic() - started:.1f} s.")
        if moved.left:
            self.stdout.write(
                f"{moved.left:,} entries were left: the archive already has an entry of the same fact."
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
    """Parse a date and return its start in UTC.

    :raises CommandError: the text is not a date.
    """
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise CommandError(f"{text!r} is not a date: write it as 2024-01-01.", returncode=EXIT_WRONG_CALL)
    return datetime.combine(day, clock_time(), UTC)
