"""The start of a process: commands, servers and workers begin here.

A setting that cannot be read and an interruption are one line, not a traceback.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from deltacrown.config import serving
from deltacrown.core.garbage import look_seldom

EXIT_WRONG_SETTING, EXIT_INTERRUPTED = 2, 130


def read_settings() -> None:
    """Read ``.env`` and the settings.

    Ends the process with a sentence that names the variable if one cannot be read.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deltacrown.config.settings")
    from django.conf import settings  # noqa: PLC0415 - after the variable is set
    from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415

    from deltacrown.config.home import read_env_file  # noqa: PLC0415

    try:
        read_env_file()
        settings.INSTALLED_APPS  # noqa: B018 - the first use reads them
    except ImproperlyConfigured as error:
        refuse_start(str(error))


def start_watching() -> None:
    """Begin to send spans and errors, where the settings ask for it, and to tell of the pools of connections.

    Called once in each process that answers requests or runs jobs, before Django loads the apps.
    """
    from django.conf import settings  # noqa: PLC0415 - after they are read

    if settings.SENTRY_DSN:
        from deltacrown.config.error_reports import start_reporting  # noqa: PLC0415 - an extra

        start_reporting(settings.SENTRY_DSN)
    if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        from deltacrown.config.tracing import start_tracing  # noqa: PLC0415 - an extra

        start_tracing()
    if settings.METRICS_TOKEN and serving.is_server:
        from deltacrown.core.pools import keep_publishing  # noqa: PLC0415 - asks Django for its connections

        keep_publishing()


def refuse_start(message: str) -> NoReturn:
    """End the process with a sentence that says what to set."""
    sys.stderr.write(f"Not started: {message}\n")
    sys.exit(EXIT_WRONG_SETTING)


def run_command(argv: Sequence[str]) -> None:
    """Run a management command, as ``manage.py`` is called."""
    look_seldom()
    try:
        read_settings()
        from django.core.management import execute_from_command_line  # noqa: PLC0415 - after the settings

        execute_from_command_line(list(argv))
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted: what was committed stays. Run the same command again to finish.\n")
        sys.exit(EXIT_INTERRUPTED)
