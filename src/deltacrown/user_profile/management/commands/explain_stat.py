from __future__ import annotations

from argparse import ArgumentParser
from itertools import groupby
from typing import Any

from django.core.management.base import CommandError

from deltacrown.accounts.models import User
from deltacrown.core import clock
from deltacrown.core.commands import OwnCommand, whole_number
from deltacrown.core.dates import write_day, write_second
from deltacrown.core.errors import DomainError
from deltacrown.user_profile.histories.filters import get_game, read_as_of
from deltacrown.user_profile.numbers.catalogue import StatLine
from deltacrown.user_profile.numbers.explanation import StatExplanation, explain_stat
from deltacrown.user_profile.numbers.history import StatChange, get_stat_as_of
from deltacrown.user_profile.people.addresses import get_any_player


class Command(OwnCommand):
    help = (
        "Explain one number of one player: the rows it counts, the rows it leaves out and why, "
        "the changes to it, and its value in the past."
    )
    interrupted = "Nothing was changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("public_id", metavar="PUBLIC_ID", help="the player, DC-YY-NNNNNN")
        parser.add_argument(
            "stat", metavar="STAT", help="the name of the stat, as in docs/reference/stats.md"
        )
        parser.add_argument("--game", default="", help="the number in this game, by slug")
        parser.add_argument(
            "--as-of",
            default="",
            metavar="TIME",
            help="also show its value at a time, as 2025-06-01T12:00Z, or at the end of a day: 2025-06-01",
        )
        parser.add_argument(
            "--limit",
            type=whole_number(1, 50),
            default=10,
            help="most changes and rows left out to list, 1 to 50",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            for line in self._explain(**options):
                self.stdout.write(line)
        except DomainError as error:
            raise CommandError(error.message, returncode=2) from error

    def _explain(
        self, *, public_id: str, stat: str, game: str, as_of: str, limit: int, **_: Any
    ) -> list[str]:
        user = get_any_player(public_id).user
        played = get_game(game) if game else None

        # The viewer is the player: who can run commands can read the whole database anyway.
        explanation = explain_stat(user, stat, game=played, limit=limit, viewer=user)
        lines = describe_explanation(public_id, user, explanation, limit)

        if as_of:
            at = read_as_of(as_of, now=clock.now())
            value = get_stat_as_of(user, stat, at, game=played, viewer=user)
            when = f"At {write_second(at)} UTC" if "T" in as_of else f"At the end of {write_day(at)}"
            shown = _show(value, explanation.stat.unit)
            lines += ["", f"{when} it was {shown}, counting what this site knew by then."]
        return lines


def describe_explanation(public_id: str, user: User, explanation: StatExplanation, limit: int) -> list[str]:
    """Return the explanation as lines of text, with at most ``limit`` omissions and ``limit`` changes."""
    stat = explanation.stat
    where = f" in {explanation.game.name}" if explanation.game else ""

    lines = [
        f"{stat.label}{where} of {user.username} ({public_id}): {_show(stat.value, stat.unit)}",
        f"  {stat.meaning}",
        f"  {explanation.sentence}",
    ]
    if not explanation.adds_up:
        shown = _show(stat.value, stat.unit)
        lines.append(f"  The profile shows {shown}: it has drifted. Run reconcile_stats --user {public_id}.")

    if explanation.omitted:
        is_complete = len(explanation.omitted) < limit
        lines += ["", "Not counted:" if is_complete else "Not counted, among others:"]
    for why, omitted in groupby(explanation.omitted, key=lambda omission: omission.why):
        lines += [f"  {why}", *(f"      {omission.subject}" for omission in omitted)]

    lines += ["", "Changes, latest first, in UTC:" if explanation.changes else "It has never changed."]
    for change in explanation.changes:
        lines += _describe_change(change, stat)
    return lines


def _describe_change(change: StatChange, stat: StatLine) -> list[str]:
    part = f"{change.part} " if change.part != stat.label else ""
    why = f" ({change.reason})" if change.reason and change.reason not in change.what else ""
    blame = "" if change.is_explained else " (no reason was given)"
    moved = f"{part}{change.delta:+d}, then {_show(change.value, stat.unit)}:"
    return [f"  {write_second(change.at)}  {moved} {change.what}{why}{blame}", f"      {change.subject}"]


def _show(value: object, unit: str = "") -> str:
    return "none" if value is None else f"{value} {unit}".strip()
