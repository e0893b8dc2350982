"""What a signal said while a block ran."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.dispatch import Signal


@contextmanager
def announced(signal: Signal) -> Iterator[list[dict[str, Any]]]:
    """Yield a list with the arguments of each send of ``signal``. It must be sent inside a transaction."""
    events: list[dict[str, Any]] = []

    def listen(sender: Any, signal: Signal, **facts: Any) -> None:
        assert connection.in_atomic_block
        events.append({"sender": sender, **facts})

    signal.connect(listen)
    try:
        yield events
    finally:
        signal.disconnect(listen)
