from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from deltacrown.accounts.models import User
from deltacrown.core import clock
from deltacrown.core.errors import DomainError
from deltacrown.user_profile.services.player_page_service import get_player
from deltacrown.user_profile.services.stats_service import StatChange, StatExplanation, explain_stat, get_stat_as_of
from deltacrown.user_profile.services.stats_service.filters import get_game, read_as_of


class Command(BaseCommand):
    help = "Account for one number of one player: the rows it counts, those it leaves out and why, what changed it, what it was."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("public_id", metavar="PUBLIC_ID", help="the player, DC-YY-NNNNNN")
        parser.add_argument("stat", metavar="STAT", help="a number of the catalogue, as in docs/reference/stats.md")
        parser.add_argument("--game", default="", help="the number in this game, by slug")
        parser.add_argument(
            "--as-of", default="", metavar="MOMENT", help="also what it was then, as 2025-06-01T12:00Z, or at the end of a day: 2025-06-01"
        )
        parser.add_argument("--limit", type=int, default=10, help="how many changes and omissions to list, 1 to 50")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            for line in self._explain(**options):
                self.stdout.write(line)
        except DomainError as error:
            raise CommandError(error.message, returncode=2) from error

    def _explain(self, *, public_id: str, stat: str, game: str, as_of: str, limit: int, **_: Any) -> list[str]:
        user, played = get_player(public_id).user, get_game(game) if game else None
        # Whoever can run commands can read the database; the command reads as the player.
        explanation = explain_stat(user, stat, game=played, limit=limit, viewer=user)
        lines = describe_explanation(public_id, user, explanation)
        if as_of:
            moment = read_as_of(as_of, now=clock.now())
            value = get_stat_as_of(user, stat, moment, game=played, viewer=user)
            lines.append(f"At {moment:%d %b %Y %H:%M:%S %Z} it was {_show(value)}.")
        return lines


def describe_explanation(public_id: str, user: User, explanation: StatExplanation) -> list[str]:
    """The explanation for a person at a terminal."""
    stat, where = explanation.stat, f" in {explanation.game.name}" if explanation.game else ""
    lines = [
        f"{stat.label}{where} of {user.username} ({public_id}): {_show(stat.value)}{stat.unit}",
        f"  {stat.meaning}",
        f"  {explanation.sentence}" + ("" if explanation.adds_up else " They do not add up: run reconcile_stats."),
    ]
    if explanation.omitted:
        lines += ["Not counted, latest first:"]
        lines += [f"  {omission.subject}: {omission.why}" for omission in explanation.omitted]
    lines += ["Changes, latest first:" if explanation.changes else "It never changed."]
    return lines + [f"  {_describe_change(change)}" for change in explanation.changes]


def _describe_change(change: StatChange) -> str:
    said = change.what + (f" ({change.reason})" if change.reason and change.reason not in change.what else "")
    blame = "" if change.is_explained else " — by a write that gave no reason"
    return f"{change.at:%d %b %Y %H:%M:%S}  {change.part} {change.delta:+d} → {_show(change.value)}  {change.subject}: {said}{blame}"


def _show(value: object) -> str:
    return "none" if value is None else str(value)
