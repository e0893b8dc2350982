from __future__ import annotations

import json
import logging
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from deltacrown.core import clock
from deltacrown.core.errors import DomainError
from deltacrown.core.jobs import AlreadyRunning, list_job_states, run_job

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Do a job of the schedule now, or every job that is due, and record how it went. "
        "Exit code: 0 when all were done, 1 when one failed, 2 for a wrong call, 3 when one was running already."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("job", nargs="?", metavar="JOB", help="its name in the schedule; see list_jobs")
        parser.add_argument("--due", action="store_true", help="every job that was due since it last ran")
        parser.add_argument(
            "--take-over", action="store_true", help="take a run that is recorded as running for dead"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["job"]) == options["due"]:
            raise CommandError("Name a job, or say --due.", returncode=2)
        names = (
            [options["job"]]
            if options["job"]
            else [state.job.name for state in list_job_states(clock.now()) if state.is_due]
        )
        codes = [self._run(name, take_over=options["take_over"]) for name in names]
        if any(codes):
            raise CommandError("Not every job was done.", returncode=min(code for code in codes if code))

    def _run(self, name: str, *, take_over: bool) -> int:
        try:
            run = run_job(name, cause="run_job", clock=clock.now, take_over=take_over)
        except AlreadyRunning as error:
            self.stderr.write(error.message)
            return 3
        except DomainError as error:
            raise CommandError(error.message, returncode=2) from error
        except Exception as error:  # the jobs after it are to be done all the same
            logger.exception("job %s", name)
            self.stderr.write(f"{name} failed: {error}")
            return 1
        self.stdout.write(f"{name}: {json.dumps(run.summary)}")
        return 0
