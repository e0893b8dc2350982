from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from deltacrown.core.commands import OwnCommand, read_variable, whole_number
from deltacrown.core.server import become, build_worker, refuse_log_level


class Command(OwnCommand):
    help = (
        "Run a worker of Celery, which does the jobs that beat sends. It needs REDIS_URL. "
        "What is not given is read from CONCURRENCY."
    )
    exits = {0: "when it was stopped", 1: "when it cannot start", 2: "for a wrong call, and without a broker"}
    needs_tables = False
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--concurrency",
            type=whole_number(1, 1_000),
            default=read_variable("CONCURRENCY", "2"),
            help="processes, each of which does one job at a time, by default 2",
        )
        parser.add_argument(
            "others", nargs="*", metavar="OPTION", help="of celery worker, after --; its level is LOG_LEVEL"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_log_level(options["others"])
        become([*build_worker(concurrency=options["concurrency"]), *options["others"]])
