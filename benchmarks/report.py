"""``python -m benchmarks.report``: docs/reference/performance.md and its plots, from the stored figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import plots
from benchmarks.comparing import say_measured, say_value
from benchmarks.results import LATEST, ROOT, Run, read_latest

PAGE = ROOT / "docs" / "reference" / "performance.md"
#: The folder of the plots, beside the page.
PLOTS = "performance"
HEAD = """# Performance

Generated from `benchmarks/results/latest.json` by `python -m benchmarks.report`; do not edit it.
[Measure](../how-to/measure.md) says how the figures come about and how to make them anew.

Each figure is measured in turn with its limit or its peer in one run: ours, theirs, ours, theirs. A ratio is
that of the medians, ours to theirs. In brackets are the quartiles. CPU is the mean of this process and of the
database server’s process for a call. A budget in `×` is of the ratio; any other is of our own value.
"""
EMPTY = "\nNothing has been measured yet: run `make bench`.\n"
COLUMNS = ("What", "Ours", "Theirs", "Measured", "Budget", "", "CPU of ours", "CPU of theirs")


def main() -> None:
    """Write the page and the plots, and remove plots of figures that are gone."""
    write(read_latest(LATEST), PAGE)


def write(runs: Mapping[str, Run], page: Path) -> None:
    """Write the page of some runs, and its plots beside it."""
    folder = page.parent / PLOTS
    drawn = draw_plots(runs)
    for old in folder.glob("*.svg"):
        if old.name not in drawn:
            old.unlink()
    if drawn:
        folder.mkdir(parents=True, exist_ok=True)
    for name, svg in drawn.items():
        (folder / name).write_text(svg, encoding="utf-8")
    page.write_text(render(runs), encoding="utf-8")


def render(runs: Mapping[str, Run]) -> str:
    """Return the page: a table for each size, the largest first, then how cost grows, then what failed."""
    ordered = sort_runs(runs)
    if not ordered:
        return HEAD + EMPTY
    parts = [HEAD, *map(render_run, ordered)]
    if drawn := draw_plots(runs):
        parts.append(f"## How cost grows\n\n{render_growth(ordered)}")
        parts += [f"![{name.removesuffix('.svg')}]({PLOTS}/{name})\n" for name in drawn]
    return "\n".join(parts)


def sort_runs(runs: Mapping[str, Run]) -> list[Run]:
    """Return the runs that have figures, the largest first."""
    measured = [run for run in runs.values() if run.figures or run.failed]
    return sorted(measured, key=lambda run: (-run.size["matches"], -run.size["players"]))


def render_run(run: Run) -> str:
    """Return the section of one size."""
    machine = ", ".join(f"{name} {value}" for name, value in run.machine.items())
    budgeted = [figure for figure in run.figures.values() if figure["met"] is not None]
    met = sum(figure["met"] for figure in budgeted)
    lines = [
        f"## {run.size['matches']:,} matches of {run.size['players']:,} players",
        "",
        f"{met} of {len(budgeted)} budgets are met. Measured on: {machine}.",
        "",
    ]
    for topic, figures in sorted(run.topics.items()):
        if figures:
            lines += [
                f"### {topic.capitalize()}: {run.size['matches']:,} matches",
                "",
                *render_table(figures),
                "",
            ]
            lines += render_notes(figures)
    for topic, failure in sorted(run.failed.items()):
        lines += [f"**{topic.capitalize()} failed:** `{failure.replace('`', chr(39))}`", ""]
    return "\n".join(lines)


def render_table(figures: list[dict[str, Any]]) -> list[str]:
    """Return the lines of a table."""
    rows = [COLUMNS, tuple("---" for _ in COLUMNS), *map(render_row, figures)]
    return [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows]


def render_row(figure: dict[str, Any]) -> tuple[str, ...]:
    """Return the cells of a figure."""
    ours, limit, unit = figure["ours"], figure["limit"], figure["unit"]
    is_ratio = figure["budget of"] == "ratio"
    low, high = (say_value(bound, "×" if is_ratio else unit) for bound in figure["spread"])
    verdict = {True: "met", False: "**not met**", None: ""}[figure["met"]]
    what = figure["name"] + (f"; against {figure['peer']}" if figure["peer"] else "")
    return (
        what,
        say_value(ours["value"], unit),
        say_value(limit["value"], unit) if limit else "",
        f"{say_measured(figure)} ({low} to {high})",
        say_budget(figure),
        verdict,
        say_cpu(ours),
        say_cpu(limit) if limit else "",
    )


def say_budget(figure: dict[str, Any]) -> str:
    """Return the budget in words: ``≤ 2.5×``, ``≥ 1,200/s``; empty without one."""
    if figure["budget"] is None:
        return ""
    unit = "×" if figure["budget of"] == "ratio" else figure["unit"]
    return f"{'≥' if figure['at least'] else '≤'} {say_value(figure['budget'], unit)}"


def say_cpu(side: dict[str, Any]) -> str:
    """Return the CPU of client and server in milliseconds; empty where it was not taken."""
    client, server = side["client CPU, ms"], side["server CPU, ms"]
    return f"{say_value(client, 'ms')} + {say_value(server, 'ms')}" if client or server else ""


def render_notes(figures: list[dict[str, Any]]) -> list[str]:
    """Return what a reader must know of figures, a line each; the same words are said once."""
    noted: dict[str, list[str]] = defaultdict(list)
    for figure in figures:
        if figure["note"]:
            noted[figure["note"]].append(figure["name"])
    lines = [f"- {', '.join(names)}: {note}" for note, names in noted.items()]
    return [*lines, ""] if lines else []


def find_growth(runs: Mapping[str, Run]) -> dict[str, list[tuple[dict[str, int], dict[str, Any]]]]:
    """Return the figures that were measured at more than one number of matches, smallest first.

    Figures of other machines than the largest run's are left out: they would tell of the machine.
    """
    ordered = sort_runs(runs)
    found: dict[str, list[tuple[dict[str, int], dict[str, Any]]]] = defaultdict(list)
    for run in reversed([run for run in ordered if run.machine == ordered[0].machine]):
        for name, figure in run.figures.items():
            found[name].append((run.size, figure))
    return {
        name: points
        for name, points in found.items()
        if len({size["matches"] for size, _ in points}) > 1 and points[-1][1]["unit"] in {"ms", "s"}
    }


def render_growth(ordered: list[Run]) -> str:
    """Return a table of our values at each size, and by how much they grew from the first to the last."""
    growth = find_growth({str(number): run for number, run in enumerate(ordered)})
    sizes = sorted({size["matches"] for points in growth.values() for size, _ in points})
    lines = [f"| What | {' | '.join(f'{size:,}' for size in sizes)} | Grows |"]
    lines.append("| --- " * (len(sizes) + 2) + "|")
    for name, points in growth.items():
        at = {size["matches"]: figure for size, figure in points}
        cells = [say_at(at[size]) if size in at else "" for size in sizes]
        first, last = points[0][1]["ours"]["value"], points[-1][1]["ours"]["value"]
        lines.append(f"| {name} | {' | '.join(cells)} | {say_value(last / first, '×')} |")
    return "\n".join([*lines, ""])


def say_at(figure: dict[str, Any]) -> str:
    """Return our value of a figure, with its unit."""
    return say_value(figure["ours"]["value"], figure["unit"])


def draw_plots(runs: Mapping[str, Run]) -> dict[str, str]:
    """Return file names and SVGs: for each topic the figures that were measured at more than one size."""
    growth = find_growth(runs)
    topics: dict[str, list[str]] = defaultdict(list)
    for run in sort_runs(runs)[:1]:
        for topic, figures in run.topics.items():
            topics[topic] += [figure["name"] for figure in figures if figure["name"] in growth]
    drawn = {}
    for topic, names in sorted(topics.items()):
        parts = [names[start : start + plots.MOST_LINES] for start in range(0, len(names), plots.MOST_LINES)]
        for number, part in enumerate(parts, 1):
            lines = {
                name: [
                    (size["matches"], figure["ours"]["value"] * (1000 if figure["unit"] == "s" else 1))
                    for size, figure in growth[name]
                ]
                for name in part
            }
            suffix = f"-{number}" if len(parts) > 1 else ""
            drawn[f"{topic}{suffix}.svg"] = plots.draw(topic.capitalize(), lines, unit="ms")
    return drawn


if __name__ == "__main__":
    main()
