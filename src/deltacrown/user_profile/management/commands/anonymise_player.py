from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from tqdm import tqdm

from deltacrown.accounts.services import find_players
from deltacrown.core import clock
from deltacrown.core.commands import EXIT_WRONG_CALL, OwnCommand
from deltacrown.core.errors import DomainError
from deltacrown.user_profile.management.deciding import find_one
from deltacrown.user_profile.people.addresses import get_any_player
from deltacrown.user_profile.people.anonymising import CANNOT_BE_UNDONE, Anonymised, anonymise_player


class Command(OwnCommand):
    help = (
        f"Anonymise a player. {CANNOT_BE_UNDONE} The account is done in one transaction, texts elsewhere in "
        "batches: a run that was stopped is finished by running it again with the new public id."
    )
    exits = {0: "when it is done"}
    interrupted = "Run anonymise_player again with the new public id, or let the job finish it at night."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("public_id", metavar="PUBLIC_ID", help="the public id of the player")
        parser.add_argument("--yes", action="store_true", help="do it: without this, nothing is done")
        parser.add_argument(
            "--by", default="", metavar="USERNAME", help="who decides; must have the right to"
        )
        parser.add_argument("--reason", default="", help="why, for the record; it must name nobody")
        parser.add_argument(
            "--without-export",
            action="store_true",
            help="the player does not want a copy of what is kept of them (see export_own_data)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["yes"]:
            raise CommandError(
                f"{CANNOT_BE_UNDONE} Nothing was done: add --yes to do it.", returncode=EXIT_WRONG_CALL
            )
        try:
            done = self._anonymise(options)
        except DomainError as error:
            raise CommandError(error.message, returncode=EXIT_WRONG_CALL) from error
        self.stdout.write(describe(done))

    def _anonymise(self, options: dict[str, Any]) -> Anonymised:
        user = get_any_player(options["public_id"]).user
        named = options["by"]
        by = find_one(named, find_players([named]), "a username") if named else None
        with tqdm(file=sys.stderr, disable=not self.stderr.isatty(), unit="row", desc="searching") as bar:

            def show(looked: int, total: int) -> None:
                bar.total = total
                bar.update(looked - bar.n)

            return anonymise_player(
                user=user,
                by=by,
                now=clock.now(),
                reason=options["reason"],
                without_export=options["without_export"],
                progress=show,
            )


def describe(done: Anonymised) -> str:
    """Return sentences that say what was done."""
    if not done.is_new and not done.texts:
        return f"{done.username}, {done.public_id}, is anonymised already."
    said = (
        f"The player is {done.username}, {done.public_id}, now. Names were replaced in {done.texts:,} rows. "
        "Backups and logs made before still have them."
    )
    if done.titles:
        said += f" These are named after the player, and keep their names: {', '.join(done.titles)}."
    return said
