from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from functools import partial
from pathlib import Path
from shlex import quote
from typing import Any

from deltacrown.core.cadence import RETRY_MINUTES, Job
from deltacrown.core.commands import OwnCommand
from deltacrown.core.jobs import list_jobs

FOLDER = Path("/srv/deltacrown")
ENVIRONMENT = Path("/etc/deltacrown.env")


class Command(OwnCommand):
    help = "Print the schedule: as a table, as a crontab, or as timers for systemd."
    exits = {0: "when it is printed"}
    interrupted = "Nothing was changed."
    needs_tables = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--format", choices=["table", "cron", "systemd"], default="table", help="default %(default)s"
        )
        parser.add_argument(
            "--folder",
            type=absolute_path,
            default=FOLDER,
            metavar="PATH",
            help="where DeltaCrown is installed (default %(default)s)",
        )
        parser.add_argument(
            "--environment",
            type=absolute_path,
            default=ENVIRONMENT,
            metavar="FILE",
            help="the file with the settings of the site, NAME='value' a line (default %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        where = {"folder": options["folder"], "environment": options["environment"]}
        writers: dict[str, Callable[[tuple[Job, ...]], str]] = {
            "table": write_table,
            "cron": partial(write_crontab, **where),
            "systemd": partial(write_systemd, **where),
        }
        self.stdout.write(writers[options["format"]](list_jobs()))


def write_table(jobs: tuple[Job, ...]) -> str:
    """Return the schedule as a Markdown table."""
    rows = [
        f"| `{job.name}` | `{job.cadence.as_systemd()}` | `{job.by_hand}` | {job.meaning} |" for job in jobs
    ]
    return "\n".join(["| Job | When | By hand | What it does |", "|---|---|---|---|", *rows])


def absolute_path(text: str) -> Path:
    """Convert the text of an option to a path that is the same from everywhere."""
    path = Path(text)
    if not path.is_absolute() or not text.isprintable() or "%" in text:
        raise ArgumentTypeError(f"{text!r} is not an absolute path (without the sign %)")
    return path


def write_crontab(jobs: tuple[Job, ...], *, folder: Path, environment: Path) -> str:
    """Return the schedule as lines for ``crontab -e``, with one that runs jobs that are due again.

    A line without its environment would work on another database than the site: it reads the file, and does
    nothing when that is not there.
    """
    read = f"set -a && . {quote(str(environment))} && set +a"
    call = f"cd {quote(str(folder))} && {read} && exec .venv/bin/python manage.py run_job"
    lines = [f"{job.cadence.as_cron()}  {call} {job.name}" for job in jobs]
    return "\n".join(["CRON_TZ=UTC", *lines, f"*/{RETRY_MINUTES} * * * *  {call} --due"])


def write_systemd(jobs: tuple[Job, ...], *, folder: Path, environment: Path) -> str:
    """Return the files for /etc/systemd/system: a service for all jobs, and a timer for each job.

    Another service, with a timer, runs the jobs that are due again.
    """
    for_one = _service("deltacrown-job@.service", "job %i", "%i", folder, environment)
    for_due = _service("deltacrown-due.service", "jobs that are due again", "--due", folder, environment)
    retry = _timer("deltacrown-due", "Jobs that failed, were killed or were missed.", f"*:0/{RETRY_MINUTES}")
    timers = [_timer(f"deltacrown-job@{job.name}", job.meaning, job.cadence.as_systemd()) for job in jobs]
    return "\n\n".join("\n".join(lines) for lines in [for_one, *timers, for_due, retry])


def _service(name: str, what: str, job: str, folder: Path, environment: Path) -> list[str]:
    return [
        f"# {name}",
        "[Unit]",
        f"Description=DeltaCrown {what}",
        "[Service]",
        "Type=oneshot",
        f"WorkingDirectory={folder}",
        f"EnvironmentFile={environment}",
        f'ExecStart="{folder}/.venv/bin/python" manage.py run_job {job}',
    ]


def _timer(name: str, meaning: str, when: str) -> list[str]:
    return [
        f"# {name}.timer",
        "[Unit]",
        f"Description={meaning}",
        "[Timer]",
        f"OnCalendar={when}",
        "Persistent=true",
        "[Install]",
        "WantedBy=timers.target",
    ]
