from __future__ import annotations

import json
from argparse import SUPPRESS, Action, ArgumentParser
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any, cast

from django.core.management.base import CommandError

from deltacrown.accounts.models import User
from deltacrown.core import clock
from deltacrown.core.commands import OwnCommand, whole_number
from deltacrown.core.dates import write_day, write_iso, write_second
from deltacrown.core.errors import DomainError
from deltacrown.user_profile.histories.filters import get_game, is_date, read_as_of, read_known_at
from deltacrown.user_profile.numbers.catalogue import StatLine
from deltacrown.user_profile.numbers.explanation import StatExplanation, explain_stat
from deltacrown.user_profile.numbers.history import StatChange
from deltacrown.user_profile.numbers.past import PastNumber, get_past_number
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
            "--at",
            default="",
            metavar="TIME",
            help="also show its value by what happened up to a time, as 2025-06-01T12:00Z, or to the end of "
            "a day: 2025-06-01",
        )
        parser.add_argument(
            "--known-at",
            default="",
            metavar="TIME",
            help="by what this site knew at a time; without --at, what the profile showed then",
        )
        parser.add_argument("--as-of", action=Renamed, help=SUPPRESS)
        parser.add_argument("--json", action="store_true", help="print one JSON document instead of text")
        parser.add_argument(
            "--limit",
            type=whole_number(1, 50),
            default=10,
            help="most changes and rows left out to list, 1 to 50",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = explain(
                options["public_id"],
                options["stat"],
                game=options["game"],
                at=options["at"],
                known_at=options["known_at"],
                limit=options["limit"],
                now=clock.now(),
            )
        except DomainError as error:
            raise CommandError(error.message, returncode=2) from error

        self.stdout.write(found.as_json() if options["json"] else "\n".join(found.as_lines()))


@dataclass(frozen=True)
class Explained:
    """An explanation, and the value at the times that were asked for.

    :param as_of: by what happened up to then; ``None`` when not asked for.
    :param known_at: by what was known then; ``None`` when not asked for.
    :param past: ``None`` when no time was asked for.
    """

    public_id: str
    user: User
    explanation: StatExplanation
    limit: int
    as_of: Asked | None
    known_at: Asked | None
    past: PastNumber | None

    def as_lines(self) -> list[str]:
        """Return it as lines of text."""
        lines = describe_explanation(self.public_id, self.user, self.explanation, self.limit)
        if self.past is not None:
            lines += ["", *self._describe_past(self.past)]
        return lines

    def as_json(self) -> str:
        """Return it as one JSON document."""
        found = self.explanation
        now = PastNumber(found.stat.value, found.stat.value)
        document = {
            "player": {"public_id": self.public_id, "username": self.user.username},
            "game": found.game and found.game.slug,
            "stat": _list_fields(found.stat, without="place"),
            "sentence": found.sentence,
            "adds_up": found.adds_up,
            "omitted": [asdict(omission) for omission in found.omitted],
            "changes": [_list_fields(change, without="about") for change in found.changes],
            "as_of": self.as_of and self.as_of.at,
            "known_at": self.known_at and self.known_at.at,
            **asdict(self.past or now),
        }
        return json.dumps(document, indent=2, ensure_ascii=False, default=_write_plain)

    def _describe_past(self, past: PastNumber) -> list[str]:
        unit = self.explanation.stat.unit
        value, shown = _show(past.value, unit), _show(past.shown, unit)
        if self.as_of is None:
            assert self.known_at is not None  # noqa: S101 - one of the two was asked for
            return [f"{self.known_at.start()} this site showed {value}."]

        known = f"as this site knew it on {self.known_at}" if self.known_at else "by what is known now"
        told = [f"{self.as_of.start()} it was {value}, {known}."]
        return told if past.shown == past.value else [*told, f"This site showed {shown} then."]


@dataclass(frozen=True)
class Asked:
    """A time that was asked for, and whether as a date."""

    at: datetime
    is_day: bool

    def __str__(self) -> str:
        return write_day(self.at) if self.is_day else f"{write_second(self.at)} UTC"

    def start(self) -> str:
        """Return the words that begin a sentence about this time."""
        return f"At the end of {self}" if self.is_day else f"On {self}"


def explain(
    public_id: str, stat: str, *, game: str, at: str, known_at: str, limit: int, now: datetime
) -> Explained:
    """Explain a number, and read its value at the times that the texts name; an empty text asks nothing."""
    user = get_any_player(public_id).user
    played = get_game(game) if game else None
    as_of = Asked(read_as_of(at, now=now), is_date(at)) if at else None
    known = Asked(read_known_at(known_at, now=now), is_date(known_at)) if known_at else None

    # The viewer is the player: who can run commands can read the whole database anyway.
    explanation = explain_stat(user, stat, game=played, limit=limit, viewer=user)
    past = None
    if as_of or known:
        past = get_past_number(
            user,
            stat,
            as_of.at if as_of else None,
            known_at=known.at if known else None,
            game=played,
            viewer=user,
            now=now,
        )
    return Explained(public_id, user, explanation, limit, as_of, known, past)


class Renamed(Action):
    """The option that was ``--as-of``, refused because it would not mean what it meant."""

    def __call__(self, parser: ArgumentParser, *_: Any) -> None:
        """Refuse the call, and say what to write."""
        parser.error(
            "there is no --as-of: use --at for the value by what happened up to a time, or --known-at for "
            "what this site showed at a time, which is what --as-of meant"
        )


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

    changes = "Changes as they became known, latest first, in UTC:"
    lines += ["", changes if explanation.changes else "It has never changed."]
    for change in explanation.changes:
        lines += _describe_change(change, stat)
    return lines


def _describe_change(change: StatChange, stat: StatLine) -> list[str]:
    part = f"{change.part} " if change.part != stat.label else ""
    why = f" ({change.reason})" if change.reason and change.reason not in change.what else ""
    blame = "" if change.is_explained else " (no reason was given)"
    moved = f"{part}{change.delta:+d}, then {_show(change.value, stat.unit)}:"
    when = write_second(change.known_at) if change.known_at else ""
    return [f"  {when}  {moved} {change.what}{why}{blame}", f"      {change.subject}"]


def _list_fields(of: StatLine | StatChange, *, without: str) -> dict[str, Any]:
    """Return the fields that tell something, by name, without the one that serves pages."""
    return {field.name: getattr(of, field.name) for field in fields(of) if field.name != without}


def _write_plain(value: object) -> str | float:
    return write_iso(value) if isinstance(value, datetime) else float(cast("Decimal", value))


def _show(value: object, unit: str = "") -> str:
    return "none" if value is None else f"{value} {unit}".strip()
