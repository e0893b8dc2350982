"""A bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from io import StringIO

from django.core.management.base import OutputWrapper

from deltacrown.demo.progress import Progress


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_elsewhere_a_stage_is_a_line():
    out = StringIO()

    Progress(OutputWrapper(out)).follow("matches", 1500, iter([500, 0, 500]))

    assert out.getvalue().startswith("matches: 1,000 of 1,500 in 0.0 s\n")
    assert out.getvalue().count("\n") == 1


def test_on_a_terminal_it_is_one_line_that_is_drawn_over(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)

    Progress(OutputWrapper(terminal)).follow("matches", 1000, iter([500, 500]))

    assert "1000/1000" in terminal.getvalue()
    assert terminal.getvalue().count("\n") == 1
