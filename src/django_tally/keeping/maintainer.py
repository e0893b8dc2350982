"""Who keeps the numbers: triggers in the database, or signals in Python."""

from __future__ import annotations

from django.conf import settings

TRIGGERS, SIGNALS = "triggers", "signals"
MAINTAINERS = (TRIGGERS, SIGNALS)


def get_maintainer() -> str:
    """Return the setting ``TALLY_MAINTAINER``, by default ``"triggers"``; ``check`` refuses others."""
    return str(getattr(settings, "TALLY_MAINTAINER", TRIGGERS))
