"""Two runs compared: what became slower is named, and what only looks so is not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from benchmarks.comparing import Comparison, compare
from benchmarks.limits.figure import Figure
from benchmarks.results import Run, describe, read_results, write_results

pytestmark = pytest.mark.once

MACHINE = {"processor": "one", "cores": 2}
SIZE = {"players": 10, "matches": 100}


def run(*figures: Figure, **fields: Any) -> Run:
    return Run(SIZE, {"topic": [describe(each) for each in figures]}, **{"machine": MACHINE, **fields})


def ratio(name: str, *ratios: float, **fields: Any) -> Figure:
    return Figure(name, ours=ratios, limit=[1.0] * len(ratios), **fields)


def test_a_figure_that_is_worse_beyond_both_spreads_is_named():
    found = compare(run(ratio("saving", 1.9, 2, 2.1)), run(ratio("saving", 2.9, 3, 3.1)))

    assert found.slower == ("saving: 2× then, 3× now",)
    assert found.faster == ()


def test_a_figure_that_is_better_is_told_apart():
    found = compare(run(ratio("saving", 2.9, 3, 3.1)), run(ratio("saving", 1.9, 2, 2.1)))

    assert (found.slower, found.faster) == ((), ("saving: 3× then, 2× now",))


def test_a_figure_within_the_spread_is_not_named():
    assert compare(run(ratio("saving", 1, 2, 3)), run(ratio("saving", 2, 2.4, 2.6))) == Comparison()


def test_a_figure_that_is_worse_by_less_than_a_tenth_is_not_named():
    assert compare(run(ratio("saving", 2, 2, 2)), run(ratio("saving", 2.1, 2.1, 2.1))) == Comparison()


def test_where_more_is_better_less_is_slower():
    before = Figure("served", [1 / 1_000] * 3, unit="/s", at_least=True, budget=900)
    now = Figure("served", [1 / 500] * 3, unit="/s", at_least=True, budget=900)

    assert compare(run(before), run(now)).slower == ("served: 1,000/s then, 500/s now",)
    assert compare(run(now), run(before)).slower == ()


def test_on_another_machine_only_ratios_are_compared():
    before = run(ratio("saving", 2, 2, 2), Figure("rank", [0.001] * 3, budget=5))
    now = run(
        ratio("saving", 3, 3, 3), Figure("rank", [0.009] * 3, budget=5), machine={**MACHINE, "cores": 8}
    )

    found = compare(before, now)

    assert found.slower == ("saving: 2× then, 3× now",)
    assert found.differences == ("cores: 2 then, 8 now",)
    assert len(compare(before, replace(now, machine=MACHINE)).slower) == 2


def test_a_figure_that_is_gone_is_named_and_a_new_one_is_not():
    found = compare(run(ratio("saving", 2), ratio("old", 2)), run(ratio("saving", 2), ratio("new", 9)))

    assert (found.gone, found.slower) == (("old",), ())


def test_topics_that_were_not_measured_are_not_missed():
    before = run(ratio("saving", 2))
    before.topics["other"] = [describe(ratio("reading", 1))]

    assert compare(before, run(ratio("saving", 2))) == Comparison()


def test_without_an_earlier_run_nothing_is_slower():
    assert compare(None, run(ratio("saving", 2))) == Comparison()


def test_what_is_stored_is_read_as_it_was(tmp_path):
    stored = run(ratio("saving", 1.23456, 2, 3, budget=2), failed={"topic": "it broke"})

    write_results({"10-players": stored}, tmp_path / "latest.json")

    assert read_results((tmp_path / "latest.json").read_text()) == {"10-players": stored}
