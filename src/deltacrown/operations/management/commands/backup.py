from __future__ import annotations

import sqlite3
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import Error

from deltacrown.core import clock
from deltacrown.core.commands import OwnCommand, require_tables
from deltacrown.core.errors import DomainError
from deltacrown.operations.backup.making import make_backup
from deltacrown.operations.backup.manifest import Manifest
from deltacrown.operations.backup.rehearsal import Failed, rehearse


class Command(OwnCommand):
    help = (
        "Copy the database and the pictures of players into a new folder below FOLDER, while the site goes "
        "on. "
        "Nothing is overwritten."
    )
    exits = {
        0: "when it was made, and with --verify could be restored",
        1: "when it was made, and could not be restored for trial",
        2: "when it could not be made, and for a wrong call",
    }
    interrupted = "There is no backup; what was written of it is gone."
    needs_tables = False  # looked at by itself: a damaged file has none

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="FOLDER", help="where backups are kept")
        parser.add_argument(
            "--verify",
            action="store_true",
            help="restore it for trial into a scratch database, and recount every number there",
        )
        parser.add_argument(
            "--with-secret-key",
            action="store_true",
            help="copy SECRET_KEY, too: whoever has the backup can then sign cookies of the site",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            require_tables()
            made = make_backup(options["folder"], now=clock.now(), with_secret=options["with_secret_key"])
        except (DomainError, OSError, Error, sqlite3.Error) as error:
            raise CommandError(f"No backup was made: {error}", returncode=2) from error
        self.stdout.write(_describe(made, Manifest.read(made)))
        if options["verify"]:
            try:
                rehearse(made)
            except Failed as error:
                raise CommandError(error.message, returncode=1) from error
            self.stdout.write("Restored for trial: every number is right.")


def _describe(made: Path, manifest: Manifest) -> str:
    pictures = (
        "pictures are kept elsewhere, and are not in it"
        if manifest.pictures is None
        else f"{manifest.pictures:,} pictures"
    )
    secret = "" if manifest.has_secret else " Keep SECRET_KEY, too, elsewhere: it is not in the backup."
    return f"{made}\n{sum(manifest.rows.values()):,} rows in {len(manifest.rows)} tables, {pictures}.{secret}"
