from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from deltacrown.core.catalogues import PACKAGE, update_catalogues
from deltacrown.core.commands import OwnCommand


class Command(OwnCommand):
    help = "Collect the texts of every app for translators, and compile their catalogues."
    exits = {0: "when every text has a translation", 1: "when some have none"}
    interrupted = "What was written stays."
    needs_tables = False
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="write nothing; a catalogue of old is an error"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        is_wrong = False
        for written in update_catalogues():
            was_up_to_date = written.is_up_to_date
            if not options["check"]:
                written.save()
            name = written.path.relative_to(PACKAGE)
            for text in written.missing:
                self.stdout.write(f"{name}: not translated: {text}")
            if options["check"] and not was_up_to_date:
                self.stdout.write(f"{name}: not up to date; run update_translations")
            is_wrong = is_wrong or bool(written.missing) or (options["check"] and not was_up_to_date)
        if is_wrong:
            sys.exit(1)
