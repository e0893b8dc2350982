from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput
from deltacrown.user_profile.management.deciding import DecidingCommand
from deltacrown.user_profile.models import StandingChange
from deltacrown.user_profile.people.standings import suspend_player

DATE_LENGTH = len("2027-03-31")


class Command(DecidingCommand):
    help = (
        "Suspend a player until a date, or change the end or the reason of a suspension. The player is told "
        "until when and why; others are told nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--until",
            metavar="DATE",
            help="when it ends: a date (its start in UTC), or a date with a time, 2027-03-31T18:00Z; "
            "without it there is no end",
        )

    def decide(
        self, *, user: User, by: User, reason: str, now: datetime, options: Mapping[str, Any]
    ) -> StandingChange:
        until = None if options["until"] is None else read_end(options["until"])
        return suspend_player(user=user, until=until, reason=reason, by=by, now=now)


def read_end(text: str) -> datetime:
    """Parse a date, as its start in UTC, or a date with a time.

    :raises InvalidInput: it is neither.
    """
    try:
        day = parse_date(text) if len(text) == DATE_LENGTH else None
        parsed = datetime.combine(day, time(), UTC) if day else parse_datetime(text)
    except ValueError:
        parsed = None
    if parsed is None:
        message = f"{text[:40]!r} is not a date: write 2027-03-31, or 2027-03-31T18:00Z with a time."
        raise InvalidInput(message, field="until")
    return parsed
