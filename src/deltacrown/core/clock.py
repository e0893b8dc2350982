"""The only place that reads the clock. Views, commands and tasks call it; all other code gets ``now``."""

from datetime import datetime

from django.utils import timezone


def now() -> datetime:
    """Return the current datetime, timezone-aware, in UTC."""
    return timezone.now()
