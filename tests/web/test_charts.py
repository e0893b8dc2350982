"""The geometry of charts: which axis, where lines and gaps are, and which labels."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pytest

from deltacrown.web.charts import Last, Mark, Tick, choose_scale, draw_chart


@dataclass(frozen=True)
class Point:
    value: int | Decimal | None
    rolling: int | Decimal | None = None
    is_empty: bool = False
    label: str = ""


def points(*values, empty=()):
    return [Point(value, is_empty=n in empty, label=f"P{n}") for n, value in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([0], [0, 1]),
        ([1], [0, 1]),
        ([2, 4], [0, 1, 2, 3, 4]),
        ([5], [0, 2, 4, 6]),
        ([57], [0, 20, 40, 60]),
        ([80], [0, 20, 40, 60, 80]),
        ([12_480], [0, 5_000, 10_000, 15_000]),
        ([-3, 7], [-5, 0, 5, 10]),
    ],
)
def test_counts_are_drawn_from_0_in_round_steps(values, labels):
    assert choose_scale(values, unit="", lowest_first=False).list_values() == labels


def test_rates_are_drawn_from_0_to_100_however_little_they_move():
    scale = choose_scale([Decimal("51.20"), Decimal("51.90")], unit="%", lowest_first=False)

    assert scale.list_values() == [0, 25, 50, 75, 100]
    assert (scale.place(100), scale.place(25), scale.place(0)) == (0, 75, 100)


@pytest.mark.parametrize(
    ("values", "labels"),
    [([1], [1, 2]), ([Decimal("3.50")], [1, 2, 3, 4]), ([Decimal("8.10")], [1, 3, 5, 7, 9])],
)
def test_the_best_placement_is_at_the_top(values, labels):
    scale = choose_scale(values, unit="", lowest_first=True)

    assert scale.list_values() == labels
    assert scale.place(1) == 0
    assert scale.place(labels[-1]) == 100


def test_a_line_goes_through_every_period_and_marks_those_in_which_something_happened():
    chart = draw_chart(points(0, 2, 2, 4, empty={0, 2}))

    assert chart.line.pieces == ["0.00,100.00 33.33,50.00 66.67,50.00 100.00,0.00"]
    assert chart.line.marks == [Mark("33.33", "50.00", "P1: 2"), Mark("100.00", "0.00", "P3: 4")]
    assert chart.last == Last("100.00", "0.00", 4, "end", "P3: 4")
    assert chart.beside is None


def test_there_is_a_gap_where_there_is_no_value_and_a_lone_value_is_a_dot():
    chart = draw_chart(points(None, 50, None, 100, 0, empty={1, 3, 4}), unit="%")

    assert chart.line.pieces == ["75.00,0.00 100.00,100.00"]
    assert chart.line.marks == [Mark("25.00", "50.00", "P1: 50 %")]


def test_a_single_period_is_in_the_middle():
    chart = draw_chart(points(3))

    assert chart.line.pieces == []
    assert chart.line.marks == [Mark("50.00", "0.00", "P0: 3")]
    assert chart.periods == [Tick("50.00", "P0", "middle")]
    assert chart.last == Last("50.00", "0.00", 3, "middle", "P0: 3")


@pytest.mark.parametrize("values", [[], [None, None]])
def test_without_a_value_there_is_no_drawing(values):
    assert draw_chart(points(*values)) is None


def test_at_most_five_periods_are_labelled_the_first_and_the_last_among_them():
    ticks = draw_chart(points(*range(120))).periods

    assert [tick.label for tick in ticks] == ["P0", "P30", "P60", "P89", "P119"]
    assert [tick.side for tick in ticks] == ["start", "middle", "middle", "middle", "end"]
    assert [tick.is_minor for tick in ticks] == [False, True, True, True, False]


def test_the_last_matches_are_drawn_beside_the_running_number():
    given = [Point(100, None), Point(50, 25), Point(60, 75)]
    chart = draw_chart(given, unit="%", is_rolling=True)

    assert chart.line.pieces == ["50.00,75.00 100.00,25.00"]
    assert chart.beside.pieces == ["0.00,0.00 50.00,50.00 100.00,40.00"]
    assert chart.beside.marks == []
    assert chart.last.value == 75


def test_a_number_without_a_last_value_has_no_label_at_the_end():
    assert draw_chart([Point(5, 5), Point(5, None)], is_rolling=True).last is None
