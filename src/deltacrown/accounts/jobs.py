"""The scheduled job of accounts (config/schedule.py)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from deltacrown.accounts.services import sweep_sessions, sweep_sign_ups


def sweep_entrance(*, clock: Callable[[], datetime]) -> dict[str, object]:
    """Delete what signing up and in leaves behind: unconfirmed accounts, and sessions that are over."""
    now = clock()
    return {"sign_ups": sweep_sign_ups(now=now), **sweep_sessions(now=now)}
