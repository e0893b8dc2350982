"""Showing how far an import has come."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.management.base import OutputWrapper
from tqdm import tqdm

#: Between two lines where there is no terminal to draw a bar on.
SECONDS_PER_LINE = 10.0


class ImportProgress:
    """A bar by bytes read on a terminal, a plain line now and then elsewhere."""

    def __init__(self, stderr: OutputWrapper) -> None:
        self._stderr = stderr
        self._draws = stderr.isatty()

    @contextmanager
    def reading(self, path: Path, size: int, doing: str) -> Iterator[Callable[[int], None]]:
        """Yield a function to be called with the number of bytes read so far."""
        if not self._draws:
            yield self._plain(path, size, doing)
            return
        with tqdm(
            total=size,
            desc=f"{doing} {path.name}",
            unit="B",
            unit_scale=True,
            unit_divisor=1024,
            file=sys.stderr,
        ) as bar:

            def report(position: int) -> None:
                bar.update(position - bar.n)

            yield report

    def note(self, text: str) -> None:
        """Write a line without spoiling the bar."""
        if self._draws:
            tqdm.write(text, file=sys.stderr)
        else:
            self._stderr.write(text)

    def _plain(self, path: Path, size: int, doing: str) -> Callable[[int], None]:
        shown_at = time.monotonic()

        def report(position: int) -> None:
            nonlocal shown_at
            if time.monotonic() - shown_at >= SECONDS_PER_LINE:
                shown_at = time.monotonic()
                self.note(f"{doing} {path.name}: {100 * position // max(size, 1)} %")

        return report
