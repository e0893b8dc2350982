"""End a run of a job that takes too long, as soon as Python runs again.

What ends the work is no ``Exception``: code that goes on after any error, ours and others', must not go on
after this one. Outside of the work it is the error ``TookTooLong``, as others are errors.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType


class TimeIsOver(BaseException):
    """Raised in the work of a run that has taken as long as its job may."""


class TookTooLong(RuntimeError):
    """The run took longer than its job may."""


@contextmanager
def ended_after(limit: timedelta) -> Iterator[None]:
    """End a block that takes longer; the work of a transaction is then rolled back.

    A statement that has begun is waited for on SQLite. Only the main thread can be interrupted so; in another
    one there is no limit, nor where somebody has set an alarm.

    :raises TookTooLong: the block took longer.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getitimer(signal.ITIMER_REAL)[0]:
        yield
        return

    with ended_by(signal.SIGALRM, limit):
        signal.setitimer(signal.ITIMER_REAL, limit.total_seconds())
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)


@contextmanager
def ended_by(number: int, limit: timedelta) -> Iterator[None]:
    """End a block when a signal comes, which somebody sends after ``limit``; only in the main thread.

    :raises TookTooLong: the signal came.
    """
    told = f"The run took longer than {limit}, which is the most its job may."

    def end(_signal: int, _frame: FrameType | None) -> None:
        raise TimeIsOver(told)

    before = signal.signal(number, end)
    try:
        try:
            yield
        finally:
            signal.signal(number, before)
    except TimeIsOver as over:
        raise TookTooLong(told) from over
