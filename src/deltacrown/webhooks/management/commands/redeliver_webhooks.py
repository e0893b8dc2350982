from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from deltacrown.core import clock
from deltacrown.core.commands import EXIT_WRONG_CALL, OwnCommand, whole_number
from deltacrown.core.errors import DomainError
from deltacrown.webhooks.models import WebhookDelivery
from deltacrown.webhooks.services import redeliver


class Command(OwnCommand):
    """``redeliver_webhooks ENDPOINT``: what was given up is tried anew."""

    help = "Let events that were given up be sent again to an endpoint, with the same ids."
    exits = {0: "when they are due"}
    interrupted = "Nothing was changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "endpoint",
            metavar="ENDPOINT",
            type=whole_number(1, 2**63 - 1),
            help="the number that list_webhooks shows",
        )
        parser.add_argument(
            "--message",
            action="append",
            default=[],
            metavar="ID",
            help="only this message, whatever became of it",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        rows = WebhookDelivery.objects.filter(endpoint=options["endpoint"])
        if options["message"]:
            rows = rows.filter(event__message_id__in=options["message"])
        else:
            rows = rows.filter(status=WebhookDelivery.Status.DEAD)
        try:
            count = redeliver(deliveries=rows, now=clock.now())
        except DomainError as error:
            raise CommandError(error.message, returncode=EXIT_WRONG_CALL) from error
        self.stdout.write(f"{count:,} are due again.")
