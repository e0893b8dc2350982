"""A figure: what it measures, what it is held against, and in which order the calls are made."""

from __future__ import annotations

import pytest
from benchmarks.limits.figure import Figure, Samples, interleave, interleave_all

pytestmark = pytest.mark.once


def test_a_ratio_is_of_the_medians_whatever_a_single_call_took():
    figure = Figure("saving", ours=[0.02, 0.03, 9.0], limit=[0.01, 0.01, 0.01], budget=3)

    assert figure.ratio == pytest.approx(3)
    assert figure.is_met is True
    assert Figure("saving", [0.031], [0.01], budget=3).is_met is False


def test_the_spread_of_a_ratio_is_that_of_the_pairs():
    # The second pair was disturbed as a whole: its ratio is as good as any.
    figure = Figure("saving", ours=[0.02, 0.2, 0.02], limit=[0.01, 0.1, 0.01])

    assert figure.spread == pytest.approx((2, 2))


def test_a_value_is_held_against_its_budget_in_its_unit():
    figure = Figure("rank", ours=[0.004, 0.006, 0.005], budget=5)

    assert (figure.budget_of, figure.measured, figure.is_met) == ("value", pytest.approx(5), True)
    assert Figure("rank", [0.0051], budget=5).is_met is False


def test_a_value_can_be_held_against_a_budget_beside_a_limit():
    figure = Figure("rank", [0.004], [0.001], budget=5, budget_of="value")

    assert (figure.measured, figure.ratio, figure.is_met) == (pytest.approx(4), pytest.approx(4), True)


def test_what_must_be_reached_is_met_from_there_on():
    served = Figure("served", [1 / 1_200], unit="/s", budget=1_200, at_least=True)
    slower = Figure("served", [1 / 1_100], unit="/s", budget=1_200, at_least=True)

    assert round(served.measured) == 1_200
    assert slower.is_met is False
    assert Figure("hot", [51.0], unit="%", budget=50, at_least=True).is_met is True


def test_a_percentile_is_of_the_samples_and_its_spread_about_it():
    figure = Figure("page", [each / 1000 for each in range(1, 102)], budget=100, percentile=99)

    assert figure.measured == pytest.approx(100)
    low, high = figure.spread
    assert 90 < low <= high <= 101


def test_a_figure_without_a_budget_is_neither_met_nor_missed():
    assert Figure("rows", [1.0], [0.5]).is_met is None


def test_a_ratio_without_a_limit_is_refused():
    with pytest.raises(ValueError, match="saving: samples are missing"):
        Figure("saving", [1.0], budget=2, budget_of="ratio")


def test_calls_are_made_in_turn_and_the_first_is_not_counted():
    made: list[str] = []

    ours, limit = interleave(lambda: made.append("ours"), lambda: made.append("limit"), 2)

    assert made == ["ours", "limit"] * 3
    assert (len(ours.wall), len(limit.client), len(limit.server)) == (2, 2, 2)


def test_what_comes_before_each_call_is_called_before_each_and_not_timed():
    made: list[str] = []

    interleave_all(
        [lambda: made.append("a"), lambda: made.append("b")], 1, before=lambda: made.append("."), warm_up=0
    )

    assert made == [".", "a", ".", "b"]


def test_the_processor_time_of_a_call_is_taken_beside_the_wall():
    def work() -> int:
        return sum(range(400_000))

    busy, idle = interleave(work, lambda: None, 3)

    assert busy.cpu[0] > idle.cpu[0]
    assert Samples([1.0]).cpu == (0.0, 0.0)
