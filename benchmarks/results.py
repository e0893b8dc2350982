"""Figures as JSON: what one run of one size gave, topic by topic, and on which machine.

``benchmarks/results/latest.json`` holds the last run of each size. It is committed, so that the next run is
compared with it, whoever makes it.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.limits.figure import Figure, Samples, find_quartiles

ROOT = Path(__file__).resolve().parents[1]
LATEST = ROOT / "benchmarks" / "results" / "latest.json"
#: Significant digits of what is stored: more would be noise.
DIGITS = 4


@dataclass
class Run:
    """The figures of one size, by topic, and what told that a topic failed."""

    size: dict[str, int]
    topics: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=dict)

    @property
    def figures(self) -> dict[str, dict[str, Any]]:
        """Return the figures of all topics, by their name."""
        return {figure["name"]: figure for topic in self.topics.values() for figure in topic}


def describe(figure: Figure) -> dict[str, Any]:
    """Return a figure as it is stored."""
    return {
        "name": figure.name,
        "unit": figure.unit,
        "peer": figure.peer,
        "note": figure.note,
        "budget": figure.budget,
        "budget of": figure.budget_of,
        "at least": figure.at_least,
        "percentile": figure.percentile,
        "measured": shorten(figure.measured),
        "spread": [shorten(bound) for bound in figure.spread],
        "met": figure.is_met,
        "ours": _describe_side(figure, figure.our_samples, figure.our_value),
        "limit": _describe_side(figure, figure.limit_samples, figure.limit_value),
    }


def _describe_side(figure: Figure, side: Samples, value: float | None) -> dict[str, Any] | None:
    if value is None:
        return None
    low, high = find_quartiles(figure.scaled(side.wall))
    client, server = side.cpu
    return {
        "value": shorten(value),
        "median": shorten(median(figure.scaled(side.wall))),
        "quartiles": [shorten(low), shorten(high)],
        "samples": len(side.wall),
        "client CPU, ms": shorten(client * 1000),
        "server CPU, ms": shorten(server * 1000),
    }


def shorten(number: float) -> float:
    """Return a number to some significant digits."""
    return float(f"{number:.{DIGITS}g}")


def read_results(text: str) -> dict[str, Run]:
    """Return the runs by the name of their size.

    :raises ValueError: it is not the JSON of results.
    """
    stored = json.loads(text)
    return {name: Run(**run) for name, run in stored["runs"].items()}


def read_latest(path: Path = LATEST) -> dict[str, Run]:
    """Return the runs of a file by the name of their size; none if there is no file."""
    return read_results(path.read_text(encoding="utf-8")) if path.exists() else {}


def write_results(runs: Mapping[str, Run], path: Path = LATEST) -> None:
    """Write the runs, so that whoever stops this moment leaves the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    stored = {"runs": {name: asdict(run) for name, run in sorted(runs.items())}}
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(stored, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    partial.replace(path)


def read_committed() -> dict[str, Run]:
    """Return the runs of the last commit; none if it has no results."""
    name = LATEST.relative_to(ROOT).as_posix()
    shown = subprocess.run(
        ["git", "show", f"HEAD:{name}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return read_results(shown.stdout) if shown.returncode == 0 else {}


def describe_machine(server_version: str) -> dict[str, Any]:
    """Return what must be the same for milliseconds of two runs to be compared."""
    import django

    return {
        "processor": _read_processor(),
        "cores": os.cpu_count(),
        "memory, GiB": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "django": django.get_version(),
        "postgresql": server_version,
    }


def _read_processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def list_differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return what differs between two machines, in words."""
    names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    return [f"{name}: {before.get(name)} then, {now.get(name)} now" for name in names]
