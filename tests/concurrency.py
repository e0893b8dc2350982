"""Run calls at the same time, each on a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import connection


def call_together(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run every call in its own thread, all at once. Return their results or exceptions, in order."""
    if connection.vendor == "sqlite":
        pytest.skip("threads share no in-memory SQLite database")
    start = threading.Barrier(len(calls))
    answers: list[Any] = [None] * len(calls)

    def run(place: int, call: Callable[[], Any]) -> None:
        try:
            start.wait()
            answers[place] = call()
        except BaseException as error:  # noqa: BLE001
            answers[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
