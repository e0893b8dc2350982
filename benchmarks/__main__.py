"""``make bench``: every figure in turn with its limit or peer, on PostgreSQL, and what became slower.

The database of a size is filled once and kept in ``var/bench/``. The topics are measured one after another,
each in a process of its own; after each, ``benchmarks/results/latest.json`` has its figures. Stopped in
between, ``--resume`` goes on after the last that was finished.

The exit code adds up: 1 if a topic failed, 2 if a figure became slower than at the last commit, 4 if a target
of the specification is missed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.comparing import Comparison, compare
from benchmarks.results import LATEST, Run, describe_machine, read_committed, read_latest, write_results
from benchmarks.season import Size
from benchmarks.seeding import FOLDER, seeded
from benchmarks.topics import Outcome, list_topics

FAILED, SLOWER, MISSED = 1, 2, 4
#: Sizes by name: what ``make bench`` takes, what ``make bench-full`` takes, and the last point of the curve.
USUAL = Size()
FULL = Size(players=200_000, matches=5_000_000)
GROWN = Size(players=200_000, matches=50_000_000)
#: The topic of the specification's targets.
TARGETS = "targets"
#: More rows than this are measured in place: the disk would have to hold them twice.
MOST_COPIED = 10_000_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("topics", nargs="*", help="measure only these; by default all")
    parser.add_argument("--players", type=int, help=f"default {USUAL.players:,}")
    parser.add_argument("--matches", type=int, help=f"default {USUAL.matches:,}")
    parser.add_argument("--full", action="store_true", help="200,000 players and 5 million matches")
    parser.add_argument("--grow", action="store_true", help="50 million matches besides, for the curve")
    parser.add_argument("--samples", type=int, help="calls per figure; by default what each topic thinks fit")
    parser.add_argument("--resume", action="store_true", help="leave out what the stopped run has measured")
    parser.add_argument("--list", action="store_true", help="print the topics, and measure nothing")
    options = parser.parse_args()

    topics = list_topics()
    if options.list:
        print("\n".join(topics))
        return
    if unknown := sorted(set(options.topics) - set(topics)):
        parser.error(f"no topic is called {', '.join(unknown)}; there are {', '.join(topics)}")
    code = 0
    for size in choose_sizes(options):
        with seeded(size, in_place=size.matches > MOST_COPIED, say=say) as url:
            launch = Launch(url, size, options.samples)
            code |= run(size, options.topics or topics, launch, resume=options.resume)
    sys.exit(code)


def choose_sizes(options: argparse.Namespace) -> list[Size]:
    """Return the sizes to measure, in turn."""
    size = FULL if options.full or options.grow else USUAL
    chosen = Size(players=options.players or size.players, matches=options.matches or size.matches)
    return [chosen, GROWN] if options.grow else [chosen]


class Launch:
    """Measures topics of one filled database, each in a new process."""

    def __init__(self, url: str, size: Size, samples: int | None) -> None:
        self.url, self.size, self.samples = url, size, samples

    def __call__(self, topic: str) -> Outcome:
        """Measure a topic; whatever ends its process, what it wrote before is kept."""
        with tempfile.TemporaryDirectory(prefix="deltacrown-bench-") as folder:
            out = Path(folder) / "outcome.json"
            command = [sys.executable, "-m", "benchmarks.topics", topic, "--url", self.url, "--out", str(out)]
            command += ["--size", json.dumps(asdict(self.size))]
            command += ["--samples", str(self.samples)] if self.samples else []
            code = subprocess.run(command, check=False).returncode
            stored = json.loads(out.read_text(encoding="utf-8")) if out.exists() else {}
            outcome = Outcome(**stored)
            if code and not outcome.failure:
                outcome.failure = f"its process ended with {code}"
            return outcome

    def describe_machine(self) -> dict[str, object]:
        """Return what must be the same for two runs to be compared by milliseconds."""
        import psycopg

        with psycopg.connect(self.url) as connection:
            version = connection.info.parameter_status("server_version")
        return describe_machine(str(version))


def run(
    size: Size,
    topics: Sequence[str],
    launch: Launch,
    *,
    resume: bool = False,
    path: Path = LATEST,
    before: Run | None = None,
) -> int:
    """Measure topics, store the figures after each, compare them with those of the last commit.

    :param before: what to compare with; by default the run of this size in the last commit.
    :return: the exit code.
    """
    runs, mark = read_latest(path), Mark(size)
    finished = mark.read() if resume else []
    measured = Run(asdict(size), machine=launch.describe_machine())
    stored = runs.get(size.name)
    # Figures of another machine are not mixed with those of this one.
    kept = stored if stored and stored.machine == measured.machine else Run({})
    latest = Run(measured.size, dict(kept.topics), dict(kept.failed), measured.machine)
    for number, topic in enumerate(topics, 1):
        if topic in finished and topic in latest.topics:
            say(f"\n[{number}/{len(topics)}] {topic}: measured before it was stopped")
            measured.topics[topic] = latest.topics[topic]
            continue
        say(f"\n[{number}/{len(topics)}] {topic}")
        outcome = launch(topic)
        measured.topics[topic] = latest.topics[topic] = outcome.figures
        latest.failed.pop(topic, None)
        if outcome.failure:
            measured.failed[topic] = latest.failed[topic] = outcome.failure.strip().splitlines()[-1]
        else:
            finished.append(topic)
            mark.write(finished)
        write_results({**runs, size.name: latest}, path)
    mark.remove()
    earlier = before or (read_committed().get(size.name) if path == LATEST else None)
    return conclude(measured, compare(earlier, measured))


def conclude(measured: Run, comparison: Comparison) -> int:
    """Print what failed, what became slower and how many budgets are met; return the exit code."""
    budgeted = [figure for figure in measured.figures.values() if figure["met"] is not None]
    missed = [figure for figure in budgeted if not figure["met"]]
    say(f"\n{len(budgeted) - len(missed)} of {len(budgeted)} budgets are met.")
    for heading, lines in (
        ("Not met:", [figure["name"] for figure in missed]),
        ("The machine is not that of the last commit; only ratios are compared:", comparison.differences),
        ("Faster than at the last commit:", comparison.faster),
        ("Not measured any more:", comparison.gone),
        ("SLOWER than at the last commit, beyond the spread:", comparison.slower),
        ("FAILED:", [f"{topic}: {failure}" for topic, failure in measured.failed.items()]),
    ):
        if lines:
            say("\n".join([heading, *(f"  {line}" for line in lines)]))
    of_spec = {figure["name"] for figure in measured.topics.get(TARGETS, [])}
    code = FAILED if measured.failed else 0
    code |= SLOWER if comparison.slower else 0
    return code | (MISSED if any(figure["name"] in of_spec for figure in missed) else 0)


class Mark:
    """The topics that a run of a size has finished, until it ends."""

    def __init__(self, size: Size, folder: Path = FOLDER) -> None:
        self.path = folder / f"{size.name}.unfinished.json"

    def read(self) -> list[str]:
        """Return the topics; none if no run was stopped, or one of another state of the code."""
        if not self.path.exists():
            return []
        stored = json.loads(self.path.read_text(encoding="utf-8"))
        return list(stored["topics"]) if stored["code"] == read_code_state() else []

    def write(self, topics: Sequence[str]) -> None:
        """Store the topics that are finished."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        stored = {"code": read_code_state(), "topics": list(topics)}
        self.path.write_text(json.dumps(stored), encoding="utf-8")

    def remove(self) -> None:
        """Forget them: the run is at its end."""
        self.path.unlink(missing_ok=True)


def read_code_state() -> str:
    """Return the commit, and what differs from it in what is measured and what measures."""
    commands = (["git", "rev-parse", "HEAD"], ["git", "diff", "HEAD", "--", "src", "benchmarks/limits"])
    return "\n".join(
        subprocess.run(command, capture_output=True, text=True, check=False, cwd=FOLDER.parents[1]).stdout
        for command in commands
    )


def say(line: str) -> None:
    """Print a line at once, also where the output is a file."""
    print(line, flush=True)


if __name__ == "__main__":
    main()
