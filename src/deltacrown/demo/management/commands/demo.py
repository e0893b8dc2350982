from __future__ import annotations

import subprocess
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError

from deltacrown.core.commands import OwnCommand, whole_number
from deltacrown.core.server import become, build_server


class Command(OwnCommand):
    help = (
        "Make the tables, load a generated season once, and serve it on 127.0.0.1. "
        "A demo that was stopped, goes on where it was."
    )
    exits = {0: "when the server was stopped", 1: "when this database or site must not have it"}
    interrupted = "Run the same command again to go on."
    needs_tables = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=whole_number(1, 65_535), default=8000, help="by default 8000")
        parser.add_argument("--threads", type=whole_number(1, 1000), default=8, help="by default 8")

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        # Beside the season, which takes longer.
        command = [sys.executable, "-m", "deltacrown", "collectstatic", "--noinput", "--clear", "-v0"]
        with subprocess.Popen(command) as collecting:  # noqa: S603 - our own command
            call_command("load_demo", stdout=self.stdout, stderr=self.stderr)
        if collecting.returncode:
            raise CommandError("The static files could not be collected: what is missing is said above.")
        self.stdout.write(f"\nServing http://127.0.0.1:{options['port']}/ (stop with Ctrl-C)")
        become(build_server(host="127.0.0.1", port=options["port"], workers=1, threads=options["threads"]))
