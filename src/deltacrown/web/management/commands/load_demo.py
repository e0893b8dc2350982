from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """Answers where the demo is not installed; where it is, its own command of this name comes first."""

    help = "Load a generated two-year season. Only where the demo is installed: DEMO=1 manage.py load_demo."

    def run_from_argv(self, argv: list[str]) -> None:
        super().run_from_argv(argv[:2])  # whatever options the demo's own command would take

    def handle(self, *args: Any, **options: Any) -> None:
        message = "The demo is not installed here, as is right on a real site."
        raise CommandError(f"{message} With it: DEMO=1 manage.py load_demo.")
