"""What became slower since the figures of the last commit.

A figure is slower if it is worse by a tenth at least, and its better quartile now is worse than its worse
quartile then: beyond the spread of both runs. A figure that has a limit is compared by its ratio to it, so
that a busy or another machine says nothing; one without is compared only on the same machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.results import Run, list_differences

#: By how much a figure must be worse to be named.
NOTICED = 1.1


@dataclass(frozen=True)
class Comparison:
    """What two runs say about each other.

    :param slower: a sentence per figure that became slower.
    :param faster: the same for those that became faster.
    :param gone: the names of figures that were there and are not, of topics that ran.
    :param differences: what is different about the machines; figures without a limit are not compared then.
    """

    slower: tuple[str, ...] = ()
    faster: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()


def compare(before: Run | None, now: Run) -> Comparison:
    """Compare the topics that were measured now with the same of an earlier run."""
    if before is None:
        return Comparison()
    differences = tuple(list_differences(before.machine, now.machine))
    slower, faster = [], []
    for name, figure in now.figures.items():
        earlier = before.figures.get(name)
        if earlier is None or not _are_comparable(earlier, figure, is_same_machine=not differences):
            continue
        if is_slower(earlier, figure):
            slower.append(_say(earlier, figure))
        elif is_slower(figure, earlier):
            faster.append(_say(earlier, figure))
    there = {figure["name"] for topic in now.topics for figure in before.topics.get(topic, [])}
    gone = tuple(sorted(there - now.figures.keys()))
    return Comparison(tuple(slower), tuple(faster), gone, differences)


def _are_comparable(before: dict[str, Any], now: dict[str, Any], *, is_same_machine: bool) -> bool:
    # A figure that is said in another unit, or of another quantity, is another figure.
    same = all(before[key] == now[key] for key in ("unit", "budget of", "at least", "percentile"))
    return same and (now["budget of"] == "ratio" or is_same_machine)


def is_slower(before: dict[str, Any], now: dict[str, Any]) -> bool:
    """Return whether a figure is worse than before, beyond the spread of both."""
    (low, high), (low_then, high_then) = now["spread"], before["spread"]
    if now["at least"]:
        return bool(high < low_then and now["measured"] * NOTICED <= before["measured"])
    return bool(low > high_then and now["measured"] >= before["measured"] * NOTICED)


def _say(before: dict[str, Any], now: dict[str, Any]) -> str:
    return f"{now['name']}: {say_measured(before)} then, {say_measured(now)} now"


def say_measured(figure: dict[str, Any]) -> str:
    """Return what is held against the budget, with its unit: ``2.3×``, ``14 ms``."""
    return say_value(figure["measured"], "×" if figure["budget of"] == "ratio" else figure["unit"])


def say_value(value: float, unit: str) -> str:
    """Return a value with three significant digits and its unit."""
    shown = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{shown}×" if unit == "×" else f"{shown}{'' if unit.startswith('/') else ' '}{unit}"
