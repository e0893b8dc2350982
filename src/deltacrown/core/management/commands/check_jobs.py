from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from deltacrown.core import clock
from deltacrown.core.commands import OwnCommand
from deltacrown.core.job_alerts import mail_problems
from deltacrown.core.jobs import JobState, list_job_states


class Command(OwnCommand):
    help = "Show when every scheduled job last ran."
    exits = {0: "when there is no problem", 1: "when a job failed, was missed, was killed or does not end"}
    interrupted = "Nothing was changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON document instead of text")
        parser.add_argument(
            "--mail",
            action="store_true",
            help="mail ADMINS what is newly wrong, and what is over; each is told once",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        states = list_job_states(clock.now())
        if options["json"]:
            self.stdout.write(json.dumps([_as_dict(state) for state in states], indent=2))
        else:
            self.stdout.write("\n".join(_as_line(state) for state in states))
        if options["mail"]:
            mail_problems(now=clock.now())
        if any(state.problem for state in states):
            sys.exit(1)


def _as_dict(state: JobState) -> dict[str, object]:
    return {
        "job": state.job.name,
        "latest": state.latest and state.latest.isoformat(),
        "problem": state.problem,
        "is_due": state.is_due,
    }


def _as_line(state: JobState) -> str:
    latest = f"last ran {state.latest:%Y-%m-%d %H:%M} UTC" if state.latest else "has not run yet"
    problem = f". PROBLEM: {state.problem}" if state.problem else ""
    return f"{state.job.name}: {latest}{problem}"
