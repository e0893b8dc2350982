"""The topics: modules of ``benchmarks/limits/``, each with functions that measure.

``python -m benchmarks.topics NAME …`` measures one in a process of its own, so that what it leaves behind (a
broken connection, a full cache) is nobody else's, and writes its figures to a file.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import pkgutil
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks import limits
from benchmarks.comparing import say_measured
from benchmarks.limits.figure import Figure
from benchmarks.results import describe
from benchmarks.season import Size


@dataclass
class Outcome:
    """The figures of a topic, as they are stored, and what failed; empty if nothing did."""

    figures: list[dict[str, Any]] = field(default_factory=list)
    failure: str = ""


def list_topics() -> list[str]:
    """Return the names of all topics: of the modules in ``benchmarks/limits/`` that measure something."""
    names = [info.name for info in pkgutil.iter_modules(limits.__path__)]
    return [name for name in names if list_measures(load(name))]


def load(name: str) -> ModuleType:
    """Import the module of a topic."""
    return importlib.import_module(f"{limits.__name__}.{name}")


def list_measures(module: ModuleType) -> list[Callable[..., Iterable[Figure]]]:
    """Return the functions of a module that measure, in the order in which they are written."""
    return [
        function
        for name, function in vars(module).items()
        if (name == "measure" or name.startswith("measure_"))
        and inspect.isfunction(function)
        and function.__module__ == module.__name__
    ]


def run_topic(
    module: ModuleType,
    given: dict[str, Any],
    say: Callable[[str], None] = print,
    keep: Callable[[Outcome], object] = lambda _: None,
) -> Outcome:
    """Call all functions of a topic that measure. One that fails does not lose the figures of the others.

    :param given: what a function may take, by the names of its parameters.
    :param keep: called after each figure and each failure with all so far.
    """
    outcome = Outcome()
    for function in list_measures(module):
        takes = inspect.signature(function).parameters
        try:
            for figure in function(**{name: value for name, value in given.items() if name in takes}):
                _add(outcome, describe(figure), say)
                keep(outcome)
        except Exception:  # noqa: BLE001 whatever it is, the others are measured, and it is told
            outcome.failure += f"{function.__name__}: {traceback.format_exc()}"
            say(f"  FAILED  {function.__name__}\n{traceback.format_exc()}")
            keep(outcome)
    return outcome


def _add(outcome: Outcome, figure: dict[str, Any], say: Callable[[str], None]) -> None:
    if any(other["name"] == figure["name"] for other in outcome.figures):
        raise ValueError(f"two figures are called {figure['name']!r}")
    outcome.figures.append(figure)
    verdict = {True: "met", False: "NOT MET", None: ""}[figure["met"]]
    say(f"  {figure['name'][:70]:70}{say_measured(figure):>12}  {verdict}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.topics", description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--url", required=True, help="of the filled database")
    parser.add_argument("--size", type=json.loads, default={}, help="of what it is filled with, as JSON")
    parser.add_argument("--samples", type=int, help="calls per figure; by default what each topic thinks fit")
    parser.add_argument("--out", type=Path, required=True, help="the file to write the figures to")
    options = parser.parse_args()

    from benchmarks.database import connect

    connect(options.url)
    given: dict[str, Any] = {"size": Size(**options.size)}
    if options.samples:
        given["samples"] = options.samples
    started = time.perf_counter()
    outcome = run_topic(
        load(options.name),
        given,
        say=lambda line: print(line, flush=True),
        keep=lambda so_far: options.out.write_text(json.dumps(vars(so_far)), encoding="utf-8"),
    )
    print(f"  {time.perf_counter() - started:.0f} s", flush=True)
    sys.exit(1 if outcome.failure else 0)


if __name__ == "__main__":
    main()
