"""``make bench``: the targets of the specification beside what a million matches of fifty thousand players take on PostgreSQL."""

from __future__ import annotations

import argparse
import json
import sys

from benchmarks.database import throwaway_postgresql
from benchmarks.season import Size


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--players", type=int, default=50_000)
    parser.add_argument("--matches", type=int, default=1_000_000)
    parser.add_argument(
        "--samples", type=int, default=500, help="pages opened for each figure (default %(default)s)"
    )
    parser.add_argument(
        "--through-triggers",
        action="store_true",
        help="fill with every trigger in place, which takes far longer",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document at the end")
    options = parser.parse_args()
    with throwaway_postgresql():
        figures = run(
            Size(players=options.players, matches=options.matches),
            options.samples,
            through_triggers=options.through_triggers,
        )
    if options.json:
        print(json.dumps(figures, indent=2))
    sys.exit(0 if figures["all targets met"] else 1)


def run(size: Size, samples: int, *, through_triggers: bool) -> dict[str, object]:
    """Fill, measure, print as it goes, and return the figures."""
    from django.test import override_settings

    from benchmarks import measures
    from benchmarks.season import fill

    plain = {"default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}}
    plain["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    print(
        f"Filling: {size}, {'through every trigger' if through_triggers else 'without triggers, recounting afterwards'}.",
        flush=True,
    )
    loaded: dict[str, float] = {}
    fill(
        size,
        lambda table, rows, seconds: note(loaded, table, rows, seconds),
        through_triggers=through_triggers,
    )
    with override_settings(STORAGES=plain):
        timings = measures.measure_pages(samples)
    print(f"\n{'':34}{'target':>9}{'p50':>9}{'p99':>9}   target / p99")
    for timing in timings:
        print(
            f"{timing.what:34}{timing.target:6.0f} ms{timing.p50:6.1f} ms{timing.p99:6.1f} ms{timing.times_better:9.1f} times",
            flush=True,
        )
    verified = measures.measure_verification()
    print(
        f"\nRecount of all {verified['numbers']:,.0f} numbers: {verified['seconds']:.2f} s, no drift.",
        flush=True,
    )
    inserts = measures.measure_inserts(size, 5)
    for name, rate in inserts.items():
        print(
            f"Match rows inserted a second, 100 a statement, {name}: {rate:,.0f} ({inserts['no triggers'] / rate:.2f} × the time of none)"
        )
    single = measures.measure_single_inserts(500)
    print(f"Matches a second through save(), one client, a transaction each: {single:,.0f}")
    figures: dict[str, object] = {
        "size": vars(size),
        "loaded, rows a second": loaded,
        "inserts": inserts,
        "single inserts": single,
    }
    figures |= {"timings": [vars(timing) for timing in timings], "verification": verified}
    return figures | {"all targets met": all(timing.p99 < timing.target for timing in timings)}


def note(loaded: dict[str, float], table: str, rows: int, seconds: float) -> None:
    """Say and keep how fast a table was filled."""
    loaded[table] = rows / seconds
    print(f"  {table:40}{rows:>10,} rows {seconds:>8.1f} s {rows / seconds:>10,.0f} a second", flush=True)


if __name__ == "__main__":
    main()
