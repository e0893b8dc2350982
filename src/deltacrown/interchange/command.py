"""The common part of the import commands: options, exit codes, and the report at the end."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from deltacrown.core.commands import EXIT_INTERRUPTED, OwnCommand, whole_number
from deltacrown.core.garbage import collected_rarely
from deltacrown.interchange.format import DEFAULT, FormatRefused, Kind, describe_formats, find_reader
from deltacrown.interchange.lines import FileRefused
from deltacrown.interchange.progress import ImportProgress
from deltacrown.interchange.run import FileImport, ImportReport, Recorder

EXIT_REJECTS = 1
EXIT_UNREADABLE = 2


class ImportCommand(OwnCommand):
    """Imports files one after another."""

    exits = {
        0: "when everything was taken",
        EXIT_REJECTS: "when lines were refused, which are in FILE.rejected.ndjson",
        EXIT_UNREADABLE: "when a file could not be read, and for a wrong call",
    }
    kind: Kind
    default_batch_size = 500

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "files",
            nargs="+",
            type=Path,
            metavar="FILE",
            help="CSV, or NDJSON by .ndjson or .jsonl; each may be gzipped (.gz).",
        )
        formats = describe_formats(self.kind)
        described = " ".join(f"{name}: {text}" for name, text in formats.items())
        parser.add_argument(
            "--format",
            choices=list(formats),
            default=DEFAULT,
            help=f"How the files are written (default %(default)s). {described.replace('%', '%%')}",
        )
        parser.add_argument(
            "--create-missing",
            action="store_true",
            help="Create games, players, teams and tournaments that are not known yet.",
        )
        parser.add_argument(
            "--update-players",
            action="store_true",
            help="Change display names and countries of players to those of the file. Without it they are "
            "set where there are none, and others stay, with a warning.",
        )
        parser.add_argument(
            "--batch-size",
            type=whole_number(1, 1_000_000),
            default=self.default_batch_size,
            metavar="N",
            help="How many are recorded in one transaction (default %(default)s).",
        )

    def make_recorder(self, *, create_missing: bool, update_players: bool) -> Recorder[Any]:
        """Return what records the drafts of one file."""
        raise NotImplementedError

    def import_files(self, options: dict[str, Any], *, now: datetime) -> None:
        """Import every file that was named; leave with the exit code that says how it went."""
        try:
            open_reader = find_reader(options["format"], self.kind)
        except FormatRefused as refusal:
            raise CommandError(refusal.message, returncode=EXIT_UNREADABLE) from refusal

        progress = ImportProgress(self.stderr)
        reports: list[ImportReport] = []
        unreadable: list[str] = []
        for path in options["files"]:
            running: FileImport[Any] | None = None
            try:
                reader = open_reader(path)
                recorder = self.make_recorder(
                    create_missing=options["create_missing"] or reader.creates_missing,
                    update_players=options["update_players"],
                )
                running = FileImport(
                    path, reader, recorder, batch_size=options["batch_size"], progress=progress, now=now
                )
                with collected_rarely():
                    reports.append(running.run())
                self._report(reports[-1])
            except FileRefused as refusal:
                unreadable.append(refusal.message + (recorded_before(running.report) if running else ""))
            except KeyboardInterrupt:
                self._report_interrupted(path, running.report if running else None)
                sys.exit(EXIT_INTERRUPTED)
        if unreadable:
            raise CommandError("\n".join(unreadable), returncode=EXIT_UNREADABLE)
        if any(report.rejects for report in reports):
            sys.exit(EXIT_REJECTS)

    def _report(self, report: ImportReport) -> None:
        self.stdout.write(report.summary)
        if report.rejects:
            self.stdout.write(
                f"{report.rejected_lines} lines were not taken; each is in {report.rejects} with the reason."
            )
        if report.warnings:
            self.stdout.write(f"What looks odd was taken; {report.warnings} names each with the warning.")

    def _report_interrupted(self, path: Path, report: ImportReport | None) -> None:
        done = report.recorded if report else 0
        self.stdout.write(
            f"{path.name}: interrupted. Recorded so far: {done}. Run the same command again to finish."
        )


def recorded_before(report: ImportReport) -> str:
    """Return how much of a file was recorded before it was refused; ``""`` when nothing was."""
    return f" Recorded before that: {report.recorded}." if report.recorded else ""
