from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import Error

from deltacrown.core import clock
from deltacrown.core.commands import OwnCommand, require_tables
from deltacrown.core.errors import DomainError
from deltacrown.operations.backup.restoring import Restored, get_secret_place, restore_backup, settle


class Command(OwnCommand):
    help = "Put BACKUP back into an empty database, migrate it to this release, and recount every number."
    exits = {
        0: "when it was restored and every number is right",
        1: "when it was restored and a number is wrong, or a trigger",
        2: "when it was refused and nothing was restored, and for a wrong call",
    }
    interrupted = "The database is not whole: empty it, and run the same command again."
    needs_tables = False
    requires_system_checks: list[str] = []  # some read a database that is not there yet

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("backup", nargs="?", type=Path, metavar="BACKUP", help="the folder of the backup")
        parser.add_argument(
            "--finish",
            action="store_true",
            help="take up work with a database that was set back by its own tools, instead of a backup",
        )
        parser.add_argument(
            "--keep-sessions",
            action="store_true",
            help="leave signed in who was then; without it everybody signs in again",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["backup"]) == options["finish"]:
            raise CommandError("Give either a BACKUP or --finish.", returncode=2)
        keeps = options["keep_sessions"]
        try:
            if options["finish"]:
                require_tables()
                restored = settle(clock=clock.now, keep_sessions=keeps)
            else:
                restored = restore_backup(options["backup"], clock=clock.now, keep_sessions=keeps)
        except (DomainError, OSError, Error) as error:
            raise CommandError(f"Not restored: {error}", returncode=2) from error
        self.stdout.write("\n".join(_describe(restored)))
        if not restored.is_right:
            sys.exit(1)


def _describe(restored: Restored) -> list[str]:
    report = restored.report
    lines = [f"Restored: {report.numbers_checked:,} numbers recounted, {report.numbers_drifted:,} wrong."]
    if restored.migrated:
        lines.append(f"It was of an older release: {len(restored.migrated)} migrations were applied.")
    if not report.is_right:
        lines.append("Repair them: deltacrown reconcile_stats.")
    lines += [f"Wrong: {fault}. Put the triggers in: deltacrown migrate." for fault in restored.faults[:3]]
    if restored.has_other_secret:
        lines.append(
            "This site has another secret key than the one that was backed up: second factors cannot be "
            "read. Set "
            f"{get_secret_place()} to that one."
        )
    if restored.sessions is None:
        lines.append("Who was signed in then is signed in again.")
    else:
        lines.append(f"{restored.sessions:,} sessions were ended: everybody signs in again.")
    lines.append(
        "Keys, passwords, rights and suspensions are as they were then: revoke keys again that were "
        "revoked since. "
        "Restart every process of the site, then: deltacrown doctor."
    )
    return lines
