"""The setting ``LOGGING``: every record goes to standard error, written alike whoever logged.

Django would mail errors to ``ADMINS`` with all that was sent; that is switched off. Its development server
and granian's record of access tell addresses of people, and stay out of the log.
"""

from __future__ import annotations

import logging
from typing import Any

FORMATTER = "deltacrown.core.log_records.make_formatter"


def build_logging(*, level: str, form: str, tells_errors: bool) -> dict[str, Any]:
    """Return the setting.

    :param form: ``line`` or ``json``.
    :param tells_errors: whether errors are written with their texts, which may quote people.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"records": {"()": FORMATTER, "form": form, "tells_errors": tells_errors}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "records"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Staff reads of hidden data are written down whatever the level of the rest.
            "deltacrown.audit": {"level": "INFO"},
            "django": {"handlers": [], "level": "NOTSET", "propagate": True},
            "_granian": {"handlers": [], "propagate": True},
            "granian.access": {"handlers": [], "level": logging.CRITICAL, "propagate": False},
        },
    }
