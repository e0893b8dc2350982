"""Whether any endpoint is active, at hand: recording asks it of the database once in a while only.

A process believes for ``BELIEVED_SECONDS`` what it read. So an endpoint is promised what is written from
``STARTS_AFTER`` on after it was made active: by then every process knows of it.
"""

from __future__ import annotations

import math
import time
from datetime import timedelta

from deltacrown.webhooks.models import WebhookEndpoint

BELIEVED_SECONDS = 5.0
STARTS_AFTER = timedelta(seconds=2 * BELIEVED_SECONDS)


class _Known:
    is_anybody = False
    until = 0.0


def is_anybody_listening() -> bool:
    """Return whether any endpoint is active; at most one query in ``BELIEVED_SECONDS``."""
    now = time.monotonic()
    if now >= _Known.until:
        _Known.is_anybody = WebhookEndpoint.objects.filter(is_active=True).exists()
        _Known.until = now + BELIEVED_SECONDS
    return _Known.is_anybody


def forget() -> None:
    """Read it again next time: an endpoint was changed by this process."""
    _Known.until = 0.0


def know(*, is_anybody: bool) -> None:
    """Believe this until ``forget`` is called, for tests and measurements."""
    _Known.is_anybody, _Known.until = is_anybody, math.inf
