"""The processes of a site, with every limit: the web server, and Celery's worker and beat."""

from __future__ import annotations

import os
import socket
import stat
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from django.core.management.base import CommandError

from deltacrown.core.commands import EXIT_WRONG_CALL

#: Of granian. A worker that ends is started again; if it ends at once, the server ends, and the supervisor
#: (a unit of systemd in ``deploy/``) starts it again. At a reload a new worker has the interval to begin
#: before the old one is asked to end.
LIMITS = (
    *("--interface", "wsgi", "--http", "1", "--no-ws"),
    *("--backlog", "1024", "--backpressure", "256"),
    *("--http1-header-read-timeout", "10000", "--http1-buffer-size", "65536"),
    *("--respawn-failed-workers", "--respawn-interval", "5", "--workers-kill-timeout", "30"),
    *("--log-level", "warning"),
)
#: The proxy is in the group of the site; nobody else may connect. The 0 in front makes it octal for granian.
SOCKET_MODE = "0660"
CELERY = ("-m", "celery", "--app", "deltacrown.config.celery")


def become(command: Sequence[str]) -> None:
    """Run a command in place of this process: whoever stops that, stops the command."""
    sys.stdout.flush()
    os.execv(command[0], list(command))  # noqa: S606


def build_server(
    *, host: str, port: int, workers: int, threads: int, socket_path: str | None = None
) -> list[str]:
    """Return the command that serves the site with every limit, on a socket of Unix if one is given."""
    where = ["--host", host, "--port", str(port)]
    if socket_path:
        where = ["--uds", socket_path, "--uds-permissions", SOCKET_MODE]
    sized = ["--workers", str(workers), "--blocking-threads", str(threads)]
    return [sys.executable, "-m", "granian", *LIMITS, *where, *sized, "deltacrown.config.wsgi:application"]


def refuse_log_level(others: Sequence[str]) -> None:
    """Refuse the option of Celery that says nothing here, as the site writes its own records.

    :raises CommandError: it is among ``others``.
    """
    for option in others:
        if option.startswith("--logl") or (option.startswith("-l") and not option.startswith("--")):
            message = f"{option} says nothing here: set LOG_LEVEL, such as LOG_LEVEL=DEBUG."
            raise CommandError(message, returncode=EXIT_WRONG_CALL)


def build_worker(*, concurrency: int) -> list[str]:
    """Return the command of Celery's worker; its other limits are settings (``CELERY_…``).

    :raises CommandError: Celery is not installed.
    """
    require_celery()
    return [sys.executable, *CELERY, "worker", "--concurrency", str(concurrency)]


def build_beat(*, schedule: Path) -> list[str]:
    """Return the command of Celery's beat, which keeps in ``schedule`` when it last sent what.

    :raises CommandError: Celery is not installed, or the file cannot be written.
    """
    require_celery()
    try:
        schedule.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"The folder {schedule.parent} cannot be made: {error.strerror}.") from error
    if not os.access(schedule.parent, os.W_OK):
        raise CommandError(
            f"The folder {schedule.parent} cannot be written to: name another with --schedule."
        )
    return [sys.executable, *CELERY, "beat", "--schedule", str(schedule)]


def require_celery() -> None:
    """Refuse an installation without the packages of the queue.

    :raises CommandError: they are not installed.
    """
    if find_spec("celery") is None or find_spec("redis") is None:
        raise CommandError(
            "Celery is not installed: install deltacrown[redis], or run the jobs from cron or systemd timers."
        )


def clear_socket(path: Path) -> None:
    """Remove the socket of a server that was killed, so that another can listen there.

    :raises CommandError: something else is there, a server answers on it, or it cannot be looked at.
    """
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise CommandError(f"{path} is there, and is no socket: name another.")
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
    except FileNotFoundError:
        if not path.parent.is_dir():
            raise CommandError(f"There is no folder {path.parent} for the socket: make it first.") from None
    except ConnectionRefusedError:
        path.unlink()
    except OSError as error:
        raise CommandError(f"The socket {path} cannot be used: {error.strerror or error}.") from error
    else:
        raise CommandError(f"A server answers on {path} already: stop it first, or name another.")
