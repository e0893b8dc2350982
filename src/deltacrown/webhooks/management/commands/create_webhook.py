from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from deltacrown.core import clock
from deltacrown.core.commands import EXIT_WRONG_CALL, OwnCommand
from deltacrown.core.errors import DomainError
from deltacrown.webhooks.kinds import Kind
from deltacrown.webhooks.services import create_endpoint, list_secrets


class Command(OwnCommand):
    """``create_webhook URL``: makes an endpoint."""

    help = (
        "Make an endpoint that events are sent to, and print the secret that signs them. "
        "It is told what happens from ten seconds later on."
    )
    exits = {0: "when it was made"}
    interrupted = "No endpoint was made."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("url", metavar="URL", help="an address of https")
        parser.add_argument("--name", required=True, help="what it is for, 1 to 80 characters")
        parser.add_argument(
            "--event",
            action="append",
            default=[],
            choices=list(Kind),
            metavar="EVENT",
            help=f"may be given several times; all when left out: {', '.join(Kind)}",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            endpoint = create_endpoint(name=options["name"], url=options["url"], kinds=options["event"])
        except DomainError as error:
            raise CommandError(error.message, returncode=EXIT_WRONG_CALL) from error

        starts = f"{endpoint.starts_at:%Y-%m-%d %H:%M:%S}"
        self.stderr.write(f"Endpoint {endpoint.pk} is told what happens from {starts} UTC on.")
        self.stdout.write(list_secrets(endpoint=endpoint, now=clock.now())[0])
