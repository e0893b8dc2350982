from __future__ import annotations

import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError

from deltacrown.core import clock
from deltacrown.core.commands import OwnCommand, whole_number
from deltacrown.core.errors import DomainError
from deltacrown.core.jobs import AlreadyRunning, run_job
from deltacrown.pages.breakdowns import RefreshedBreakdowns, refresh_breakdowns
from deltacrown.user_profile.numbers.leaderboards import MAX_LIMIT


class Command(OwnCommand):
    help = (
        "Recount the numbers per game, repair and log those that differ, "
        "and put the breakdowns and overviews of each game's leading players into the cache. "
        "The run is recorded as a run of the weekly job."
    )
    exits = {
        0: "when all numbers were right",
        1: "when any had drifted (also when it was repaired)",
        3: "when the job is running",
    }

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--players",
            type=whole_number(0, MAX_LIMIT),
            default=MAX_LIMIT,
            metavar="N",
            help="of each game, 0 to 100 (default %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        done = self._run(options["players"])
        verdict = "all right"
        if done.numbers_drifted:
            verdict = f"{done.numbers_drifted} drifted and were repaired"
        self.stdout.write(
            f"Run {done.run}: {done.numbers_checked} numbers of {done.games} games checked, {verdict}."
        )
        self.stdout.write(f"Breakdowns and overviews of {done.players} players are in the cache.")
        if done.numbers_drifted:
            sys.exit(1)

    def _run(self, players: int) -> RefreshedBreakdowns:
        finished: list[RefreshedBreakdowns] = []

        def work() -> dict[str, object]:
            finished.append(refresh_breakdowns(clock=clock.now, players=players))
            return asdict(finished[0])

        try:
            run_job("breakdowns", cause="refresh_breakdowns", clock=clock.now, work=work)
        except AlreadyRunning as error:
            raise CommandError(error.message, returncode=3) from error
        except DomainError as error:
            raise CommandError(error.message, returncode=2) from error

        return finished[0]
