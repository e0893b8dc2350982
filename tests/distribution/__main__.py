"""Count the statements that carry no player: ``python -m tests.distribution [--json FILE] [--shapes]``.

The second table has those that go to all machines, by what they carry instead.

It makes a PostgreSQL of its own with a small season, asks for every page of the suite's list and for every
read of the API, records, and runs every job, with nothing kept. Each statement is planned before it is sent.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from tests.chaos.setting import throwaway_database

HEAD = (
    "| Kind | Asked for | Statements | {} | Of what was asked for, asks all machines |\n" + "|---" * 8 + "|"
)


def measure() -> dict[str, list[tuple[str, int, Any]]]:
    """Return, for each kind, what was asked for, its status, and its statements."""
    from tests.distribution.occasions import list_occasions, prepare
    from tests.distribution.statements import noting

    found = defaultdict(list)
    for occasion in list_occasions(prepare()):
        with noting() as noted:
            status = occasion.ask()
        found[occasion.kind].append((occasion.name, status, noted))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, help="write the figures of each occasion to this file")
    parser.add_argument("--shapes", action="store_true", help="print a statement of each kind without a key")
    options = parser.parse_args()

    os.environ.update(DEMO="1", DATABASE_PGBOUNCER="")
    with throwaway_database("postgresql"):
        from django.conf import settings
        from django.test.utils import override_settings

        # Nothing is prepared, so whole statements are seen.
        plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
        with override_settings(
            DATABASE_PGBOUNCER=True,
            ALLOWED_HOSTS=["*"],
            STORAGES={**settings.STORAGES, "staticfiles": plain},
            **{name: "1000000/60" for name in dir(settings) if "_RATE_PER_" in name},
        ):
            found = measure()
    say(found, is_telling_shapes=options.shapes)
    if options.json:
        told = {
            kind: {name: {"status": status, **noted.counts} for name, status, noted in each}
            for kind, each in found.items()
        }
        options.json.write_text(json.dumps(told, indent=1))
    failed = [name for each in found.values() for name, status, _ in each if status >= 500]
    if failed:
        print(f"failed: {failed}", file=sys.stderr)  # noqa: T201 - this is what it is run for
    sys.exit(bool(failed))


def say(found: dict[str, list[tuple[str, int, Any]]], *, is_telling_shapes: bool) -> None:
    """Print a row for each kind, and on demand what has no key."""
    from tests.distribution.plans import Instead, Where

    print(HEAD.format(" | ".join(Where)))  # noqa: T201
    for kind, each in found.items():
        counts: Counter[Where] = sum((noted.counts for _, _, noted in each), Counter())
        asking_all = sum(noted.counts[Where.ALL] > 0 for _, _, noted in each)
        cells = [len(each), sum(counts.values()), *(counts[where] for where in Where), asking_all]
        print(f"| {kind} | {' | '.join(map(str, cells))} |")  # noqa: T201
    print(f"\n| Kind | {' | '.join(Instead)} |\n{'|---' * (len(Instead) + 1)}|")  # noqa: T201
    for kind, each in found.items():
        known: Counter[Instead] = sum((noted.instead for _, _, noted in each), Counter())
        print(f"| {kind} | {' | '.join(str(known[name]) for name in Instead)} |")  # noqa: T201
    if not is_telling_shapes:
        return
    for kind, each in found.items():
        shapes: Counter[tuple[str, ...]] = sum((noted.shapes for _, _, noted in each), Counter())
        texts = {shape: text for _, _, noted in each for shape, text in noted.texts.items()}
        print(f"\n{kind}")  # noqa: T201
        for shape, times in shapes.most_common():
            print(f"  {times} × {', '.join(shape)}\n      {' '.join(texts[shape].split())[:300]}")  # noqa: T201


if __name__ == "__main__":
    main()
