from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from datetime import UTC, datetime
from datetime import time as clock_time
from typing import Any

from django.core.management.base import CommandError
from django.utils.dateparse import parse_date, parse_datetime
from tqdm import tqdm

from deltacrown.core import clock
from deltacrown.core.commands import EXIT_WRONG_CALL, OwnCommand, whole_number
from deltacrown.core.days import to_utc
from deltacrown.core.errors import DomainError, InvalidInput
from deltacrown.games.services import Archived, archive_matches
from deltacrown.games.services.archiving import BATCH_SIZE

EXIT_LEFT = 1


class Command(OwnCommand):
    help = (
        "Move matches played before a date into the archive; no number, page or history changes. "
        "Commits in batches, so it can be stopped and run again."
    )
    exits = {
        0: "when all were moved",
        EXIT_LEFT: "when some were left because the archive already has a row "
        "with the same match key and player",
    }
    interrupted = "Matches moved so far stay archived; run the same command again for the rest."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--before",
            required=True,
            metavar="DATE",
            help="a date (its start in UTC), or a date with a time: 2024-01-01T06:00Z",
        )
        parser.add_argument("--dry-run", action="store_true", help="only show how many would be moved")
        parser.add_argument(
            "--batch-size",
            type=whole_number(1, 1_000_000),
            default=BATCH_SIZE,
            metavar="N",
            help="rows per transaction (default %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        try:
            moved = self._archive(read_datetime(options["before"]), options)
        except DomainError as error:
            raise CommandError(error.message, returncode=EXIT_WRONG_CALL) from error
        self.stdout.write(describe(moved, dry_run=options["dry_run"], seconds=time.monotonic() - started))
        if moved.left:
            self.stdout.write(
                f"{moved.left:,} matches were left: "
                f"the archive already has a row with the same match key and player."
            )
            sys.exit(EXIT_LEFT)

    def _archive(self, before: datetime, options: dict[str, Any]) -> Archived:
        # Not self.stderr: Django adds a line break to every write, which would break the progress bar.
        with tqdm(file=sys.stderr, disable=not self.stderr.isatty(), unit="row", desc="archiving") as bar:

            def show(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            return archive_matches(
                before=before,
                now=clock.now(),
                dry_run=options["dry_run"],
                batch_size=options["batch_size"],
                progress=show,
            )


def read_datetime(text: str) -> datetime:
    """Parse a date, as its start in UTC, or a date with a time.

    :raises InvalidInput: it is neither.
    """
    try:
        day = parse_date(text) if len(text) == len("2024-01-01") else None
        parsed = datetime.combine(day, clock_time(), UTC) if day else parse_datetime(text)
    except ValueError:
        parsed = None

    if parsed is None:
        raise InvalidInput(
            f"{text!r} is not a date: write 2024-01-01, or 2024-01-01T06:00Z with a time.", field="before"
        )
    return to_utc(parsed) if parsed.tzinfo else parsed


def describe(moved: Archived, *, dry_run: bool, seconds: float) -> str:
    """Return a sentence that says how much was moved."""
    would = "Would move" if dry_run else "Moved"
    return f"{would} {moved.matches:,} matches ({moved.rows:,} rows) in {seconds:.1f} s."
