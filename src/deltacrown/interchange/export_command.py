"""The common part of the export commands."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import CommandError
from tqdm import tqdm

from deltacrown.core.commands import EXIT_WRONG_CALL, OwnCommand
from deltacrown.core.errors import DomainError
from deltacrown.games.services import get_season


class ExportCommand(OwnCommand):
    """Writes everything of one kind to a file."""

    exits: ClassVar[dict[int, str]] = {0: "when it was written"}
    interrupted = "No file was written; run the same command again."

    #: Of what there is, which the option ``--season`` keeps.
    of_season: ClassVar[str]

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--replace", action="store_true", help="overwrite the file when it is there")
        kept = f"only {self.of_season} on its days, in its game where it is of one"
        parser.add_argument("--season", metavar="SLUG", help=kept)

    def count(self, **narrowed: Any) -> int:
        """Return how many lines there are to write."""
        raise NotImplementedError

    def export(self, **arguments: Any) -> int:
        """Write the file, and return how many lines it has."""
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file, with a progress bar."""
        path: Path = options["file"]
        try:
            narrowed = {"season": get_season(options["season"])} if options["season"] else {}
            with tqdm(total=self.count(**narrowed), unit=" lines", file=self.stderr, disable=None) as bar:
                written = self.export(path=path, replace=options["replace"], progress=bar.update, **narrowed)
        except DomainError as error:
            raise CommandError(error.message, returncode=EXIT_WRONG_CALL) from error
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error}.", returncode=EXIT_WRONG_CALL) from error

        self.stdout.write(f"Wrote {written:,} lines to {path}.")
