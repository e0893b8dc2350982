"""The page of the figures: it says what the stored figures say, and the committed one is of these."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from benchmarks.limits.figure import Figure, Samples
from benchmarks.results import Run, describe, read_latest

from benchmarks import plots, report

pytestmark = pytest.mark.once

MACHINE = {"processor": "one", "cores": 2}


def run(matches: int, *figures: Figure, machine: object = None, **fields: object) -> Run:
    size = {"players": 1_000, "matches": matches}
    return Run(
        size, {"recording": [describe(each) for each in figures]}, machine=machine or MACHINE, **fields
    )


def saving(milliseconds: float) -> Figure:
    ours = Samples([milliseconds / 1000] * 3, [0.001] * 3, [0.002] * 3)
    return Figure("one line", ours, [0.004] * 3, budget=2.5, peer="a bare save()", note="With a note.")


def test_a_row_says_what_was_measured_and_whether_the_budget_is_met():
    text = report.render({"a": run(5_000, saving(8), Figure("rank", [0.012] * 3, budget=5))})

    assert (
        "| one line; against a bare save() | 8 ms | 4 ms | 2× (2× to 2×) | ≤ 2.5× | met | 1 ms + 2 ms |  |"
        in text
    )
    assert "| rank | 12 ms |  | 12 ms (12 ms to 12 ms) | ≤ 5 ms | **not met** |  |  |" in text
    assert "1 of 2 budgets are met. Measured on: processor one, cores 2." in text
    assert "- one line: With a note." in text


def test_a_topic_that_failed_is_said_to_have():
    assert "**Recording failed:** `it broke`" in report.render(
        {"a": run(5_000, failed={"recording": "it broke"})}
    )


def test_growth_is_shown_from_the_smallest_size_to_the_largest():
    runs = {"b": run(5_000, saving(12)), "a": run(1_000, saving(8))}

    text = report.render(runs)

    assert "| What | 1,000 | 5,000 | Grows |" in text
    assert "| one line | 8 ms | 12 ms | 1.5× |" in text
    assert text.index("## 5,000 matches") < text.index("## 1,000 matches")
    assert "![recording](performance/recording.svg)" in text


def test_sizes_measured_on_another_machine_are_not_in_the_growth():
    runs = {"b": run(5_000, saving(12)), "a": run(1_000, saving(8), machine={"cores": 64})}

    assert "Grows" not in report.render(runs)
    assert report.draw_plots(runs) == {}


def test_without_figures_the_page_says_what_to_run():
    assert "run `make bench`" in report.render({})


def test_the_page_is_written_with_its_plots_and_without_those_that_are_gone(tmp_path):
    (tmp_path / "performance").mkdir()
    (tmp_path / "performance" / "gone.svg").write_text("old")

    report.write({"b": run(5_000, saving(12)), "a": run(1_000, saving(8))}, tmp_path / "page.md")

    assert [path.name for path in (tmp_path / "performance").iterdir()] == ["recording.svg"]
    assert "Grows" in (tmp_path / "page.md").read_text()


def test_a_plot_has_a_point_per_size_and_says_its_values():
    svg = plots.draw("Reading", {"profile <p>": [(1e6, 10), (5e6, 20)], "board": [(1e6, 5)]}, unit="ms")

    root = ElementTree.fromstring(svg)  # noqa: S314 it was made here
    name = "{http://www.w3.org/2000/svg}"
    assert len(root.findall(f"{name}circle")) == 2 + 1  # and the mark beside the name
    assert len(root.findall(f"{name}rect")) == 1 + 1 + 1  # the ground, the other's point and its mark
    assert root.findtext(f"{name}desc") == (
        "profile <p>: 10 ms at 1 M matches, 20 ms at 5 M matches; board: 5 ms at 1 M matches"
    )
    assert "prefers-color-scheme: dark" in svg


def test_a_larger_value_is_higher_and_a_larger_size_further_right():
    svg = plots.draw("Reading", {"profile": [(1e6, 10), (5e6, 20)]}, unit="ms")

    points = re.findall(r'points="([\d.]+),([\d.]+) ([\d.]+),([\d.]+)"', svg)[0]
    x1, y1, x2, y2 = map(float, points)
    assert x1 < x2
    assert y1 > y2


def test_more_lines_than_can_be_told_apart_are_refused():
    lines = {str(number): [(1.0, 1.0)] for number in range(plots.MOST_LINES + 1)}

    with pytest.raises(ValueError, match="cannot be drawn"):
        plots.draw("Reading", lines, unit="ms")


def test_the_committed_page_is_what_the_committed_figures_say():
    runs = read_latest()

    assert report.PAGE.read_text(encoding="utf-8") == report.render(runs), "run `make docs`"
    folder = report.PAGE.parent / report.PLOTS
    plotted = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.svg")}
    assert plotted == report.draw_plots(runs)
