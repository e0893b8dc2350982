"""What the import commands have in common: options, exit codes, and what is said at the end."""

from __future__ import annotations

import sys
from argparse import ArgumentTypeError
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from deltacrown.interchange.lines import FileRefused
from deltacrown.interchange.progress import Progress
from deltacrown.interchange.run import FileImport, Intake, Report

EXIT_REJECTS = 1
EXIT_UNREADABLE = 2
EXIT_INTERRUPTED = 130


class ImportCommand(BaseCommand):
    """Imports files one after another.

    Exit code 0: everything was taken; 1: lines were refused, and are in ``FILE.rejected.ndjson``;
    2: a file could not be read at all; 130: interrupted, run again to finish.
    """

    default_batch_size = 500

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "files", nargs="+", type=Path, metavar="FILE", help="CSV, or NDJSON by .ndjson or .jsonl; each may be gzipped (.gz)."
        )
        parser.add_argument(
            "--create-missing", action="store_true", help="Create games, players, teams and tournaments that are not known yet."
        )
        parser.add_argument(
            "--batch-size",
            type=at_least_one,
            default=self.default_batch_size,
            metavar="N",
            help="How many are recorded in one transaction (default %(default)s).",
        )

    def make_intake(self, path: Path, options: dict[str, Any]) -> Intake[Any]:
        """Return what reads and records a file of this kind.

        :raises FileRefused: when the file's name already rules it out.
        """
        raise NotImplementedError

    def import_files(self, options: dict[str, Any], *, now: datetime) -> None:
        """Import every file that was named, and leave with the exit code that says how it went."""
        progress = Progress(self.stderr)
        reports: list[Report] = []
        unreadable: list[str] = []
        for path in options["files"]:
            running: FileImport[Any] | None = None
            try:
                running = FileImport(path, self.make_intake(path, options), batch_size=options["batch_size"], progress=progress, now=now)
                reports.append(running.run())
                self._say(reports[-1])
            except FileRefused as refusal:
                unreadable.append(refusal.message + (recorded_before(running.report) if running else ""))
            except KeyboardInterrupt:
                self._say_interrupted(path, running.report if running else None)
                sys.exit(EXIT_INTERRUPTED)
        if unreadable:
            raise CommandError("\n".join(unreadable), returncode=EXIT_UNREADABLE)
        if any(report.rejects for report in reports):
            sys.exit(EXIT_REJECTS)

    def _say(self, report: Report) -> None:
        self.stdout.write(report.summary)
        if report.rejects:
            self.stdout.write(f"{report.rejected_lines} lines were not taken; each is in {report.rejects} with the reason.")

    def _say_interrupted(self, path: Path, report: Report | None) -> None:
        done = report.recorded if report else 0
        self.stdout.write(f"{path.name}: interrupted. Recorded so far: {done}. Run the same command again to finish.")


def recorded_before(report: Report) -> str:
    """Say what of a file was recorded before it turned out that it cannot be; ``""`` when nothing was."""
    return f" Recorded before that: {report.recorded}." if report.recorded else ""


def at_least_one(text: str) -> int:
    """Read a whole number of one or more."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return int(text)
