from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings

from deltacrown.core.commands import OwnCommand
from deltacrown.core.server import become, build_beat, refuse_log_level


class Command(OwnCommand):
    help = (
        "Run the beat of Celery, which sends each job when it is due. Run one for a site. It needs REDIS_URL."
    )
    exits = {0: "when it was stopped", 1: "when it cannot start", 2: "for a wrong call, and without a broker"}
    needs_tables = False
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--schedule",
            type=Path,
            metavar="FILE",
            help="keeps when it last sent what, by default beat in DELTACROWN_HOME",
        )
        parser.add_argument(
            "others", nargs="*", metavar="OPTION", help="of celery beat, after --; its level is LOG_LEVEL"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_log_level(options["others"])
        schedule = options["schedule"] or settings.DELTACROWN_HOME / "beat"
        become([*build_beat(schedule=schedule), *options["others"]])
