"""The base of the commands with which staff decide about the standing of a player."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError

from deltacrown.accounts.models import User
from deltacrown.accounts.services import find_players
from deltacrown.core import clock
from deltacrown.core.commands import EXIT_WRONG_CALL, OwnCommand
from deltacrown.core.dates import write_minute
from deltacrown.core.errors import DomainError
from deltacrown.user_profile.models import Standing, StandingChange
from deltacrown.user_profile.people.addresses import find_users


class DecidingCommand(OwnCommand):
    """A command that makes one decision about one player, in somebody's name."""

    exits = {
        0: "when it is done, or was so already",
        EXIT_WRONG_CALL: "for a wrong call, and when it is refused",
    }
    interrupted = "Nothing was changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("public_id", metavar="PUBLIC_ID", help="the player, DC-YY-NNNNNN")
        parser.add_argument(
            "--by", required=True, metavar="USERNAME", help="who decides; must have the right to"
        )
        parser.add_argument("--reason", default="", metavar="TEXT", help="why, at most 500 characters")

    def decide(
        self, *, user: User, by: User, reason: str, now: datetime, options: Mapping[str, Any]
    ) -> StandingChange | None:
        """Call the service; return None when it was so already."""
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:
        public_id, named = options["public_id"], options["by"]
        user = find_one(public_id, find_users([public_id]), "a public id, DC-YY-NNNNNN")
        by = find_one(named, find_players([named]), "a username")
        try:
            change = self.decide(user=user, by=by, reason=options["reason"], now=clock.now(), options=options)
        except DomainError as error:
            raise CommandError(error.message, returncode=EXIT_WRONG_CALL) from error
        self.stdout.write(f"{public_id} {describe(change)}")


def find_one(name: str, found: dict[str, User], kind: str) -> User:
    """Return the one who was found by ``name``.

    :raises CommandError: nobody was.
    """
    if name not in found:
        raise CommandError(f"There is no player {name!r}: give {kind}.", returncode=EXIT_WRONG_CALL)
    return found[name]


def describe(change: StandingChange | None) -> str:
    """Return what became of a player: ``is suspended until 3 Mar 2027 00:00.``"""
    if change is None:
        return "was so already; nothing was changed."
    became = "active" if change.standing == Standing.ACTIVE else change.standing.lower()
    until = f" until {write_minute(change.until)} UTC" if change.until else ""
    return f"is {became}{until}."
