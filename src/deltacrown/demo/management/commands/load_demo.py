from __future__ import annotations

import gc
import time
from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils.dateparse import parse_date

from deltacrown.accounts.models import User
from deltacrown.core import clock
from deltacrown.core.commands import EXIT_WRONG_CALL, OwnCommand, whole_number
from deltacrown.core.dates import write_minute
from deltacrown.core.errors import DomainError
from deltacrown.demo.loading import (
    PLAYER_PASSWORD,
    STAFF,
    STAFF_PASSWORD,
    find_calendar,
    is_loaded,
    load_season,
)
from deltacrown.demo.plan.calendar import Calendar
from deltacrown.demo.plan.people import HERO
from deltacrown.demo.plan.season import SeasonSize, plan_season
from deltacrown.demo.progress import Progress
from deltacrown.games.models import Match
from deltacrown.moderation.models import Dispute
from deltacrown.teams.models import Team
from deltacrown.tournaments.models import Tournament
from deltacrown.user_profile.models import UserAchievement
from deltacrown.user_profile.numbers.reconciliation import reconcile_stats

DEFAULTS = SeasonSize()
#: The whole season is planned in memory.
MOST = 10_000_000


class Command(OwnCommand):
    help = (
        "Load a generated two-year season into an empty database. It lasts until now: "
        "tournaments are running, others open for registration. "
        "The same seed, size and --until give the same season. "
        "Loading it again does nothing; "
        "a load that was stopped, by kill -9 too, is finished by running it again."
    )
    exits = {0: "when the season is there", 1: "when this database or site must not have it"}
    interrupted = "What was loaded stays; run the same command again for the rest."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--players", type=whole_number(40, MOST), default=DEFAULTS.players, help="accounts, at least 40"
        )
        parser.add_argument(
            "--matches",
            type=whole_number(400, MOST),
            default=DEFAULTS.matches,
            help="matches, those of tournaments included, at least 400",
        )
        parser.add_argument(
            "--tournaments",
            type=whole_number(12, MOST),
            default=DEFAULTS.tournaments,
            help="tournaments, at least 12",
        )
        parser.add_argument(
            "--seed", type=whole_number(0, 2**31 - 1), default=2024, help="another number is another season"
        )
        parser.add_argument(
            "--until",
            type=_parse_day,
            metavar="DATE",
            help="last day of the season (YYYY-MM-DD), by default today up to this hour",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.BEHIND_TLS:
            raise CommandError(
                "BEHIND_TLS is set, so this is a real site: "
                "the demo's passwords are known to everybody and stay out of it."
            )
        if is_loaded():
            self.stdout.write("The demo season is loaded already; nothing was changed.")
        else:
            size = SeasonSize(options["players"], options["matches"], options["tournaments"])
            self._load(size, options["seed"], self._find_calendar(options["until"]))
        self.stdout.write(f"Sign in as staff: {STAFF} / {STAFF_PASSWORD}")
        self.stdout.write(f"Sign in as a player: {HERO} / {PLAYER_PASSWORD}")

    def _find_calendar(self, until: date | None) -> Calendar:
        """Return the calendar asked for; for a load that was stopped, the one that it had begun with."""
        now = clock.now()
        begun = find_calendar(now)
        if begun and until not in (None, begun.closes_at.date()):
            raise CommandError(
                f"The season whose load has begun here lasts until {begun.closes_at.date()}: "
                "leave --until out to finish it, or load another into a database of its own."
            )
        if begun:
            return begun
        try:
            return Calendar.until(until or now.date(), now)
        except ValueError as error:
            raise CommandError(str(error), returncode=EXIT_WRONG_CALL) from error

    def _load(self, size: SeasonSize, seed: int, calendar: Calendar) -> None:
        started = time.monotonic()
        gc.disable()  # the plan is a million objects that stay to the end, and each collection reads them all
        try:
            load_season(plan_season(seed=seed, size=size, calendar=calendar), Progress(self.stderr))
        except DomainError as error:
            raise CommandError(str(error)) from error
        except ValueError as error:  # sizes that do not go together
            raise CommandError(str(error), returncode=EXIT_WRONG_CALL) from error
        finally:
            gc.enable()
        self.stdout.write(f"Loaded in {time.monotonic() - started:.1f} s: {describe_contents()}.")
        self.stdout.write(f"The season lasts until {write_minute(calendar.closes_at)} UTC.")
        # So that the integrity page reports on this season, and not on the empty database before it.
        report = reconcile_stats(clock=clock.now, cause="load_demo", dry_run=True)
        self.stdout.write(
            f"Verified: {report.numbers_checked:,} numbers counted again from their rows, "
            f"{report.numbers_drifted:,} differ."
        )


def _parse_day(text: str) -> date:
    day = parse_date(text) if len(text) == len("YYYY-MM-DD") else None
    if day is None:
        raise ArgumentTypeError(f"{text[:40]!r} is not a date like 2026-09-30")
    return day


def describe_contents() -> str:
    """Return what the database contains, in one line."""
    counts = {
        "players": User.objects.filter(is_staff=False).count(),
        "teams": Team.objects.count(),
        "tournaments": Tournament.objects.count(),
        "matches": Match.objects.values("game", "match_key").distinct().count(),
        "match rows": Match.objects.count(),
        "disputes": Dispute.objects.count(),
        "achievements": UserAchievement.objects.count(),
    }
    return ", ".join(f"{count:,} {what}" for what, count in counts.items())
