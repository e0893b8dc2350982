from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from deltacrown.api.reference import render_description
from deltacrown.core.commands import OwnCommand


class Command(OwnCommand):
    help = "Print the OpenAPI description of the HTTP API, as JSON, from the code."
    requires_system_checks = []
    needs_tables = False
    interrupted = "Run the same command again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--write", type=Path, metavar="FILE", help="Write the description to FILE instead of printing it."
        )

    def handle(self, *args: Any, write: Path | None, **options: Any) -> None:
        description = render_description()
        if write:
            write.write_text(description, encoding="utf-8")
        else:
            self.stdout.write(description, ending="")
