from __future__ import annotations

import json
import logging
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from deltacrown.core import clock
from deltacrown.core.commands import OwnCommand
from deltacrown.core.errors import DomainError
from deltacrown.core.job_alerts import mail_problems
from deltacrown.core.jobs import AlreadyRunning, list_job_states, run_job

logger = logging.getLogger(__name__)


class Command(OwnCommand):
    help = "Run a job of the schedule now, or every job that is due, and record the run."
    exits = {
        0: "when all were done",
        1: "when one failed (reconcile fails, after its repairs, when it found why numbers drift)",
        3: "when one is running",
    }
    interrupted = "The run is recorded as failed; what it did stays. Run the same command again for the rest."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("job", nargs="?", metavar="JOB", help="the name of the job; see list_jobs")
        parser.add_argument("--due", action="store_true", help="run every job that is due since its last run")
        parser.add_argument(
            "--take-over", action="store_true", help="consider a run that is recorded as running dead"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["job"]) == options["due"]:
            raise CommandError("Give either the name of a job or --due.", returncode=2)

        names = [options["job"]] if options["job"] else _list_due_jobs()
        codes = [self._run(name, take_over=options["take_over"]) for name in names]
        if options["due"]:  # which is called every ten minutes
            mail_problems(now=clock.now())
        failures = [code for code in codes if code]
        if failures:
            raise CommandError("Not every job was done.", returncode=min(failures))

    def _run(self, name: str, *, take_over: bool) -> int:
        try:
            run = run_job(name, cause="run_job", clock=clock.now, take_over=take_over, is_limited=True)
        except AlreadyRunning as error:
            self.stderr.write(error.message)
            return 3
        except DomainError as error:
            raise CommandError(error.message, returncode=2) from error
        except Exception as error:  # go on with the next jobs
            logger.exception("job %s", name)
            self.stderr.write(f"{name} failed: {error}")
            return 1
        self.stdout.write(f"{name}: {json.dumps(run.summary)}")
        return 0


def _list_due_jobs() -> list[str]:
    return [state.job.name for state in list_job_states(clock.now()) if state.is_due]
