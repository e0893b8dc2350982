"""What is shown while an import runs."""

from __future__ import annotations

import io
from pathlib import Path

from django.core.management.base import OutputWrapper

from deltacrown.interchange import progress
from deltacrown.interchange.progress import ImportProgress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar_by_bytes_and_notes_beside_it(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    shown = ImportProgress(OutputWrapper(terminal))

    with shown.reading(Path("a/matches.csv"), 2048, "importing") as report:
        report(1024)
        shown.note("match m1 is refused")
        report(2048)

    assert "importing matches.csv: 100%" in terminal.getvalue()
    assert "2.00k/2.00k" in terminal.getvalue()
    assert "\nmatch m1 is refused\n" in terminal.getvalue().replace("\r", "\n")


def test_elsewhere_a_line_now_and_then_says_how_far_it_is(monkeypatch):
    times = iter([0.0, 5.0, 12.0, 12.0, 13.0, 21.9, 22.0, 22.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(times))
    stream = io.StringIO()

    with ImportProgress(OutputWrapper(stream)).reading(Path("matches.csv"), 1000, "importing") as report:
        for position in (100, 450, 500, 600, 900):
            report(position)

    assert stream.getvalue() == "importing matches.csv: 45 %\nimporting matches.csv: 90 %\n"
