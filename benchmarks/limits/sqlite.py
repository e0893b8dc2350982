"""Figures of other topics on a SQLite file, each against its limit there; budgets are 1.5 times as wide."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.limits.figure import Figure
from benchmarks.sqlite_site import SIZE, read_figures

#: By how much a budget is wider than on PostgreSQL.
ALLOWANCE = 1.5


def measure(samples: int | None = None) -> Iterator[Figure]:
    """Yield the figures, each with ``SQLite:`` before its name.

    :raises RuntimeError: the process that measures them failed.
    """
    with tempfile.TemporaryDirectory(prefix="deltacrown-bench-") as folder:
        out = Path(folder) / "figures.json"
        command = [sys.executable, "-m", "benchmarks.sqlite_site", "--out", str(out)]
        command += ["--samples", str(samples)] if samples else []
        if code := subprocess.run(command, check=False).returncode:
            raise RuntimeError(f"measuring on SQLite ended with {code}")
        for figure in read_figures(out):
            yield on_sqlite(figure)


def on_sqlite(figure: Figure) -> Figure:
    """Return a figure under its name of SQLite, with the wider budget."""
    note = f"{SIZE.matches:,} matches of {SIZE.players:,} players. {figure.note}".strip()
    budget = figure.budget
    if budget is not None:
        budget = budget / ALLOWANCE if figure.at_least else budget * ALLOWANCE
    return replace(figure, name=f"SQLite: {figure.name}", budget=budget, note=note)
