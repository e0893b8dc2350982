"""The server of the site, with every limit."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

#: Of granian. A worker that ends is started again; if it ends at once, the server ends, and the supervisor
#: (a unit of systemd in ``deploy/``) starts it again.
LIMITS = (
    *("--interface", "wsgi", "--http", "1", "--no-ws"),
    *("--backlog", "1024", "--backpressure", "256"),
    *("--http1-header-read-timeout", "10000", "--http1-buffer-size", "65536"),
    *("--respawn-failed-workers", "--respawn-interval", "1", "--workers-kill-timeout", "30"),
    *("--log-level", "warning"),
)


def become(command: Sequence[str]) -> None:
    """Run a command in place of this process: whoever stops that, stops the command."""
    sys.stdout.flush()
    os.execv(command[0], list(command))  # noqa: S606


def build_server(*, host: str, port: int, workers: int, threads: int) -> list[str]:
    """Return the command that serves the site with every limit."""
    sized = ["--host", host, "--port", str(port), "--workers", str(workers)]
    sized += ["--blocking-threads", str(threads)]
    return [sys.executable, "-m", "granian", *LIMITS, *sized, "deltacrown.config.wsgi:application"]
