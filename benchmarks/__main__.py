"""``make bench``: measure against the targets of the specification, on PostgreSQL.

By default with a million matches of fifty thousand players.
"""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial

from benchmarks.database import throwaway_postgresql
from benchmarks.season import Size


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--players", type=int, default=50_000)
    parser.add_argument("--matches", type=int, default=1_000_000)
    parser.add_argument(
        "--samples", type=int, default=500, help="pages opened per measurement (default %(default)s)"
    )
    parser.add_argument(
        "--through-triggers",
        action="store_true",
        help="insert the rows with all triggers installed, which takes much longer",
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
    """Fill the database, measure, print the figures as they come, and return them."""
    from django.test import override_settings

    from benchmarks import measures
    from benchmarks.season import fill

    plain = {"default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}}
    plain["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}

    how = "with all triggers" if through_triggers else "without triggers, recounting afterwards"
    print(f"Filling: {size}, {how}.", flush=True)
    loaded: dict[str, float] = {}
    fill(size, partial(note, loaded), through_triggers=through_triggers)

    with override_settings(STORAGES=plain):
        timings = measures.measure_pages(samples)
    print(f"\n{'':34}{'target':>9}{'p50':>9}{'p99':>9}   target / p99")
    for timing in timings:
        figures_of_page = f"{timing.target:6.0f} ms{timing.p50:6.1f} ms{timing.p99:6.1f} ms"
        print(f"{timing.what:34}{figures_of_page}{timing.times_better:9.1f} times", flush=True)

    verified = measures.measure_verification()
    print(
        f"\nRecount of all {verified['numbers']:,.0f} numbers: {verified['seconds']:.2f} s, no drift.",
        flush=True,
    )

    inserts = measures.measure_inserts(size, 5)
    for name, rate in inserts.items():
        factor = inserts["no triggers"] / rate
        print(
            f"Match rows inserted per second, 100 per statement, {name}: {rate:,.0f} "
            f"({factor:.2f} × the time without triggers)"
        )

    single = measures.measure_single_inserts(500)
    print(f"Matches per second through save(), one client, one transaction each: {single:,.0f}")

    figures: dict[str, object] = {
        "size": vars(size),
        "loaded, rows a second": loaded,
        "inserts": inserts,
        "single inserts": single,
    }
    figures |= {"timings": [vars(timing) for timing in timings], "verification": verified}
    return figures | {"all targets met": all(timing.p99 < timing.target for timing in timings)}


def note(loaded: dict[str, float], table: str, rows: int, seconds: float) -> None:
    """Print and store how fast a table was filled."""
    loaded[table] = rows / seconds
    print(f"  {table:40}{rows:>10,} rows {seconds:>8.1f} s {rows / seconds:>10,.0f} per second", flush=True)


if __name__ == "__main__":
    main()
