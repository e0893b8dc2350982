from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandError

from deltacrown.accounts.models import PlayerMerge, User
from deltacrown.core import clock
from deltacrown.core.commands import EXIT_WRONG_CALL, OwnCommand
from deltacrown.core.dates import write_day
from deltacrown.core.errors import DomainError, InvalidInput
from deltacrown.user_profile.people import merging
from deltacrown.user_profile.people.merging import MergePreview


class Command(OwnCommand):
    """``merge_players KEPT MERGED``: two accounts of one person become one; ``--undo`` takes it back."""

    help = (
        "Merge the account MERGED into KEPT, as if there had been one from the start. Without --yes it shows "
        "what would be done, and asks. Within the days of MERGE_UNDO_DAYS, --undo takes it back."
    )
    exits = {0: "when it was done, or shown", 1: "when the answer was no"}
    interrupted = "Nothing was changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kept", metavar="KEPT", help="the account that stays: a public id or a username")
        parser.add_argument("merged", metavar="MERGED", help="the account that ends")
        parser.add_argument("--preview", action="store_true", help="show what would be done, and end")
        parser.add_argument("--reason", default="", help="why these are one person; kept with the merge")
        parser.add_argument("--by", default="", metavar="USERNAME", help="who decides, with the right to")
        parser.add_argument(
            "--allow-meetings", action="store_true", help="merge although they met in a match"
        )
        parser.add_argument("--undo", action="store_true", help="take the merge back")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            kept, merged = (_find(options[name], name) for name in ("kept", "merged"))
            by = _find(options["by"], "by") if options["by"] else None
            if options["undo"]:
                self._undo(kept, merged, by)
            else:
                self._merge(kept, merged, by, options)
        except DomainError as error:
            raise CommandError(error.message, returncode=EXIT_WRONG_CALL) from error

    def _merge(self, kept: User, merged: User, by: User | None, options: dict[str, Any]) -> None:
        preview = merging.preview_merge(kept=kept, merged=merged)
        if options["preview"] or not options["yes"]:
            for line in describe_preview(preview):
                self.stdout.write(line)
        if options["preview"]:
            return

        if not options["yes"] and input("Merge them? [y/N] ").strip().lower() not in {"y", "yes"}:
            raise CommandError("Nothing was changed.", returncode=1)
        merge = merging.merge_players(
            kept=kept,
            merged=merged,
            by=by,
            reason=options["reason"],
            now=clock.now(),
            allow_meetings=options["allow_meetings"],
        )
        until = write_day(merge.undo_until)
        self.stdout.write(f"{merged.username} is {kept.username} now. It can be undone until {until}.")

    def _undo(self, kept: User, merged: User, by: User | None) -> None:
        merge: PlayerMerge = merging.get_merge(merged=merged)
        if merge.kept_id != kept.pk:
            message = f"{merged.username} was merged into {merge.kept.username}; name that account."
            raise InvalidInput(message, field="kept")
        merging.undo_merge(merge=merge, by=by, now=clock.now())
        self.stdout.write(f"{merged.username} and {kept.username} are two accounts again.")


def describe_preview(preview: MergePreview) -> Iterator[str]:
    """Yield what a merge would do, as lines of text."""
    if preview.warning:
        yield f"WARNING: {preview.warning}"
    yield f"{preview.merged} becomes {preview.kept}."
    yield "Moves:" if preview.moves else "Nothing moves."
    yield from (f"  {count:>7,}  {table}" for table, count in preview.moves.items())
    if preview.total:
        yield "Both have, so that one is set aside:"
        yield from (f"  {count:>7,}  {table}" for table, count in preview.collides.items())
        for each in preview.collisions:
            stays = f"that of {each.stays} stays" if each.stays else "neither stays"
            yield f"           {each.table}: {each.subject} ({stays})"
        if preview.total > len(preview.collisions):
            yield f"           and {preview.total - len(preview.collisions):,} more"


def _find(name: str, field: str) -> User:
    """Return the account of this public id or username itself, also one that was merged."""
    if name.upper().startswith("DC-"):
        return merging.find_account(name, field=field)
    try:
        return User.objects.get_by_natural_key(name)
    except User.DoesNotExist:
        message = f"There is no player {name[:60]!r}: give a public id or a username."
        raise InvalidInput(message, field=field) from None
