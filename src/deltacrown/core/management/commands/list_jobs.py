from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from deltacrown.core.cadence import Job
from deltacrown.core.jobs import list_jobs

FOLDER = "/srv/deltacrown"


class Command(BaseCommand):
    help = "Print the schedule: as a table, as a crontab, or as timers for systemd."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--format", choices=["table", "cron", "systemd"], default="table", help="default %(default)s"
        )
        parser.add_argument(
            "--folder",
            default=FOLDER,
            metavar="PATH",
            help="where DeltaCrown is installed (default %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(options["folder"])
        writers: dict[str, Callable[[tuple[Job, ...]], str]] = {
            "table": write_table,
            "cron": partial(write_crontab, folder=folder),
            "systemd": partial(write_systemd, folder=folder),
        }
        self.stdout.write(writers[options["format"]](list_jobs()))


def write_table(jobs: tuple[Job, ...]) -> str:
    """Return the schedule as a Markdown table."""
    rows = [
        f"| `{job.name}` | `{job.cadence.as_systemd()}` | `{job.by_hand}` | {job.meaning} |" for job in jobs
    ]
    return "\n".join(["| Job | When | By hand | What it does |", "|---|---|---|---|", *rows])


def write_crontab(jobs: tuple[Job, ...], *, folder: Path) -> str:
    """Return the schedule as lines for ``crontab -e``, with an hourly line that runs missed jobs."""
    call = f"cd {folder} && .venv/bin/python manage.py"
    lines = [f"{job.cadence.as_cron()}  {call} run_job {job.name}" for job in jobs]
    return "\n".join(["CRON_TZ=UTC", *lines, f"40 * * * *  {call} run_job --due"])


def write_systemd(jobs: tuple[Job, ...], *, folder: Path) -> str:
    """Return the files for /etc/systemd/system: one service for all jobs, and a timer for each job."""
    service = [
        "# deltacrown-job@.service",
        "[Unit]",
        "Description=DeltaCrown job %i",
        "[Service]",
        "Type=oneshot",
        f"WorkingDirectory={folder}",
        f"ExecStart={folder}/.venv/bin/python manage.py run_job %i",
    ]
    return "\n\n".join("\n".join(lines) for lines in [service, *map(_timer, jobs)])


def _timer(job: Job) -> list[str]:
    return [
        f"# deltacrown-job@{job.name}.timer",
        "[Unit]",
        f"Description={job.meaning}",
        "[Timer]",
        f"OnCalendar={job.cadence.as_systemd()}",
        "Persistent=true",
        "[Install]",
        "WantedBy=timers.target",
    ]
