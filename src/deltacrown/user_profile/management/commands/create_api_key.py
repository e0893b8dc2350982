from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from deltacrown.accounts.models import User
from deltacrown.accounts.services import SCOPES, create_key, find_players
from deltacrown.core.commands import EXIT_WRONG_CALL, OwnCommand
from deltacrown.core.errors import DomainError
from deltacrown.user_profile.people.addresses import find_users


class Command(OwnCommand):
    """``create_api_key PLAYER``: makes the first key of a site, and any other."""

    help = (
        "Create an API key that acts for PLAYER, and print its secret: it cannot be read again. "
        "Whoever can run this command may grant every scope."
    )
    exits = {0: "when it was created"}
    interrupted = "No key was made."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("player", metavar="PLAYER", help="a public id or a username")
        parser.add_argument("--name", required=True, help="what the key is for, 1 to 60 characters")
        parser.add_argument(
            "--scope",
            action="append",
            choices=list(SCOPES),
            required=True,
            metavar="SCOPE",
            help=f"may be given several times: {', '.join(SCOPES)}",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            owner = find_player(options["player"])
            new = create_key(owner=owner, name=options["name"], scopes=options["scope"], by=None)
        except DomainError as error:
            raise CommandError(error.message, returncode=EXIT_WRONG_CALL) from error

        self.stderr.write(f"Key {new.key.prefix} acts for {owner.username}: {', '.join(new.key.scopes)}.")
        self.stdout.write(new.secret)


def find_player(name: str) -> User:
    """Return the player with a public id or a username."""
    found = find_users([name]).get(name) or find_players([name]).get(name)
    if found is None:
        raise CommandError(
            f"There is no player {name!r}: give a public id or a username.", returncode=EXIT_WRONG_CALL
        )

    return found
