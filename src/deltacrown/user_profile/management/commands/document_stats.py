from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from deltacrown.core.commands import OwnCommand
from deltacrown.user_profile.numbers.reference import render_stats_reference


class Command(OwnCommand):
    help = "Print the reference page of all stats as Markdown, generated from their declarations."
    requires_system_checks = []
    needs_tables = False
    interrupted = "Run the same command again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--write", type=Path, metavar="FILE", help="Write the page to FILE instead of printing it."
        )

    def handle(self, *args: Any, write: Path | None, **options: Any) -> None:
        page = render_stats_reference()
        if write:
            write.write_text(page, encoding="utf-8")
        else:
            self.stdout.write(page, ending="")
