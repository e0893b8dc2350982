"""End a run of a job that takes too long, where it was started by a command. Celery has limits of its own."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType


class TookTooLong(RuntimeError):
    """The run took longer than its job may."""


@contextmanager
def ended_after(limit: timedelta) -> Iterator[None]:
    """Raise ``TookTooLong`` in a block that takes longer; the work of a transaction is then rolled back.

    It is raised as soon as Python runs again: a statement that has begun is waited for on SQLite. Only the
    main thread can be interrupted so; in another one there is no limit, nor where somebody has set an alarm.

    :raises TookTooLong: the block took longer.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getitimer(signal.ITIMER_REAL)[0]:
        yield
        return

    def end(_signal: int, _frame: FrameType | None) -> None:
        raise TookTooLong(f"The run took longer than {limit}, which is the most its job may.")

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, limit.total_seconds())
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
