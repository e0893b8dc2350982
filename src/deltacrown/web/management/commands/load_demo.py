from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError

from deltacrown.core.commands import OwnCommand


class Command(OwnCommand):
    """Answers where the demo is not installed; where it is, its own command of this name comes first."""

    help = "Load a generated two-year season. Only where the demo is installed: DEMO=1 manage.py load_demo."
    exits = {1: "always"}
    needs_tables = False

    def run_from_argv(self, argv: list[str]) -> None:
        asks_for_help = argv[2:3] in (["--help"], ["-h"])
        # Other options are those of the demo's own command, whatever they are.
        super().run_from_argv(argv[: 3 if asks_for_help else 2])

    def handle(self, *args: Any, **options: Any) -> None:
        message = "The demo is not installed here, as is right on a real site."
        raise CommandError(f"{message} With it: DEMO=1 manage.py load_demo.")
