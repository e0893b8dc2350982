from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from tqdm import tqdm

from deltacrown.core.commands import EXIT_WRONG_CALL, OwnCommand
from deltacrown.core.errors import DomainError
from deltacrown.interchange.exporting import count_lines, export_matches


class Command(OwnCommand):
    """``export_matches FILE``: writes every match to a file."""

    help = (
        "Export every match of the site to a file that import_matches reads: CSV, or NDJSON by .ndjson or "
        ".jsonl; either may be gzipped (.gz). The file holds usernames: it is for the operator."
    )
    exits = {0: "when it was written"}
    interrupted = "No file was written; run the same command again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--replace", action="store_true", help="overwrite the file when it is there")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            with tqdm(total=count_lines(), unit=" lines", file=self.stderr, disable=None) as bar:
                written = export_matches(path=path, replace=options["replace"], progress=bar.update)
        except DomainError as error:
            raise CommandError(error.message, returncode=EXIT_WRONG_CALL) from error
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error}.", returncode=EXIT_WRONG_CALL) from error

        self.stdout.write(f"Wrote {written:,} lines to {path}.")
