"""The scheduled jobs of accounts, and of the audit log about them (config/schedule.py)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from deltacrown.accounts.services import sweep_sessions, sweep_sign_ups
from deltacrown.core.audit import prune_reads


def sweep_entrance(*, clock: Callable[[], datetime]) -> dict[str, object]:
    """Delete what signing up and in leaves behind: unconfirmed accounts, and sessions that are over."""
    now = clock()
    return {"sign_ups": sweep_sign_ups(now=now), **sweep_sessions(now=now)}


def prune_audit_log(*, clock: Callable[[], datetime]) -> dict[str, object]:
    """Delete from the audit log what was read so long ago that nobody asks any more; rulings stay."""
    return {"reads": prune_reads(now=clock())}
