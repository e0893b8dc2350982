"""Progress of loading the demo: a bar on a terminal, a line per stage elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable

from django.core.management.base import OutputWrapper
from tqdm import tqdm


class Progress:
    """Shows the stages of a load on ``stream``."""

    def __init__(self, stream: OutputWrapper) -> None:
        self.stream = stream

    def follow(self, label: str, total: int, steps: Iterable[int]) -> None:
        """Run all ``steps`` and show the progress.

        :param steps: yields how much of ``total`` each step did; 0 when an earlier run had done it.
        """
        started = time.monotonic()

        # Not ``stream``: Django adds a line break to every write, and a progress bar must stay on one line.
        with tqdm(
            total=total, desc=label.ljust(28), file=sys.stderr, disable=not self.stream.isatty(), leave=True
        ) as bar:
            done = 0
            for step in steps:
                bar.update(step)
                done += step
        if not self.stream.isatty():
            self.stream.write(f"{label}: {done:,} of {total:,} in {time.monotonic() - started:.1f} s\n")
            self.stream.flush()
