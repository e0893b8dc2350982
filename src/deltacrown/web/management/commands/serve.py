from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from deltacrown.core.commands import OwnCommand, read_variable, whole_number
from deltacrown.core.server import become, build_server, clear_socket

MOST = 65_535


class Command(OwnCommand):
    help = (
        "Serve the site with all its limits, behind a proxy such as that of deploy/nginx.conf. "
        "What is not given is read from SOCKET, HOST, PORT, WORKERS and THREADS."
    )
    exits = {0: "when it was stopped", 1: "when the server cannot start"}
    needs_tables = False
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--socket", default=read_variable("SOCKET", ""), help="a socket of Unix to serve on"
        )
        parser.add_argument("--host", default=read_variable("HOST", "127.0.0.1"), help="by default 127.0.0.1")
        parser.add_argument(
            "--port",
            type=whole_number(1, MOST),
            default=read_variable("PORT", "8000"),
            help="by default 8000",
        )
        parser.add_argument(
            "--workers",
            type=whole_number(1, MOST),
            default=read_variable("WORKERS", "4"),
            help="processes, by default 4",
        )
        # A process has more threads than connections to the database (DATABASE_POOL_SIZE): the others wait
        # for one, or answer what needs none.
        parser.add_argument(
            "--threads",
            type=whole_number(1, MOST),
            default=read_variable("THREADS", "32"),
            help="threads of each, by default 32",
        )
        parser.add_argument("others", nargs="*", metavar="OPTION", help="of granian, after --")

    def handle(self, *args: Any, **options: Any) -> None:
        sized = {name: options[name] for name in ("host", "port", "workers", "threads")}
        if options["socket"]:
            clear_socket(Path(options["socket"]))
        become([*build_server(**sized, socket_path=options["socket"]), *options["others"]])
