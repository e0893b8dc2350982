"""``python -m benchmarks.search``: how long a search for players takes, by what it looks for.

By default with 100,000 players on PostgreSQL; ``--database sqlite`` for SQLite, ``--url`` for a server that
is there already: its database is filled, so it must be empty.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.database import set_up, throwaway_postgresql
from benchmarks.season import fill_players, iterate_names


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__)
    parser.add_argument("--players", type=int, default=100_000)
    parser.add_argument("--database", choices=["postgresql", "sqlite"], default="postgresql")
    parser.add_argument("--url", default="", help="of an empty PostgreSQL database")
    parser.add_argument("--samples", type=int, default=30, help="searches per line (default %(default)s)")
    options = parser.parse_args()
    with _database(options.database, options.url):
        started = perf_counter()
        fill(options.players)
        print(f"{options.players:,} players in {perf_counter() - started:,.0f} s", flush=True)
        print(json.dumps(measure(options.players, options.samples), indent=2))


@contextmanager
def _database(kind: str, url: str) -> Iterator[None]:
    if kind == "postgresql" and not url:
        with throwaway_postgresql():
            yield
        return
    with tempfile.TemporaryDirectory(prefix="deltacrown-bench-") as name:
        set_up(url or f"sqlite:///{Path(name) / 'search.sqlite3'}")
        yield


def fill(players: int) -> None:
    """Make players with all triggers installed, then gather the planner's statistics."""
    from django.db import connection

    fill_players(players)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def list_queries(players: int) -> dict[str, list[str]]:
    """Return what is looked for → queries."""
    names = [name for number, name in enumerate(iterate_names(players)) if number % 10 and not number % 777]
    known = names[:: max(1, len(names) // 10)]
    return {
        "one player's whole name": known,
        "the beginning of some names": ["kalumi", "danel", "zenya"],
        "the beginning of many names": ["ka", "zen", "dan"],
        "a word of many names": ["sullivan", "djokovic", "mueller"],
        "the middle of many names": ["lum", "nel", "yax"],
        "the middle of one name": [name[2:] for name in known],
        "what is nowhere": ["jjjjkk", "kkjj", "qqqww"],
    }


def measure(players: int, samples: int) -> dict[str, dict[str, float]]:
    """Return, for each kind of query, the best and the median time of a first page, in milliseconds."""
    from deltacrown.pages import search

    figures: dict[str, dict[str, float]] = {}
    for kind, queries in list_queries(players).items():
        times: list[float] = []
        for number in range(samples):
            query = queries[number % len(queries)]
            started = perf_counter()
            found = search.search_players(query)
            times.append((perf_counter() - started) * 1000)
        figures[kind] = {
            "best": round(min(times), 1),
            "median": round(median(times), 1),
            "found": len(found.items),
        }
    return figures


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deltacrown.config.settings")
    main()
