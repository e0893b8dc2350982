"""The one place that reads the wall clock. Only edges call it; everything else is handed ``now``."""

from datetime import datetime

from django.utils import timezone


def now() -> datetime:
    """Return the current moment, timezone-aware, in UTC."""
    return timezone.now()
