from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.core.serializers.json import DjangoJSONEncoder

from deltacrown.core import clock
from deltacrown.core.commands import EXIT_WRONG_CALL, OwnCommand
from deltacrown.core.errors import DomainError
from deltacrown.pages.exports import export_own_data
from deltacrown.user_profile.people.addresses import get_any_player


class Command(OwnCommand):
    help = (
        "Write everything kept of a player into FILE, an object a line, to be handed over to them: as "
        "GET /me/export does, also for an account that is closed."
    )
    exits = {0: "when it is done"}
    interrupted = "The file is not whole; run the same command again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("public_id", metavar="PUBLIC_ID", help="the public id of the player")
        parser.add_argument("file", metavar="FILE", help="where to; it must not exist yet")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            user = get_any_player(options["public_id"]).user
            with Path(options["file"]).open("x", encoding="utf-8") as file:
                for section, record in export_own_data(user, clock=clock.now):
                    line = {"section": section, **record}
                    file.write(json.dumps(line, cls=DjangoJSONEncoder, ensure_ascii=False) + "\n")
        except DomainError as error:
            raise CommandError(error.message, returncode=EXIT_WRONG_CALL) from error
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}.", returncode=EXIT_WRONG_CALL) from error
        self.stdout.write(f"Everything kept of {options['public_id']} is in {options['file']}.")
