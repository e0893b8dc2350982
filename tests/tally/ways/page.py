"""docs/reference/write-paths.md, written from the declared ways.

``python -m tests.tally.ways.page FILE`` writes it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.tally.ways.declared import Way

INTRODUCTION = """# Write paths

Every way of writing a row that is counted, and whether the numbers follow, in the writer's own transaction.
The [maintainer](settings.md) `triggers` is the default; `signals` is for databases that cannot have triggers,
and [what it cannot see](../decisions/0008-two-maintainers.md) it does not count.

- **kept**: every number is right when the statement is done.
- **gap**: it is wrong until `reconcile_stats` repairs it.
- –: the database does not know this way.

This page is generated from the tests: `make docs` writes it anew. Each cell is a test in
`tests/tally/test_write_paths.py`, run on its database, which compares every number with a recount made in
plain Python; each gap is a strict expected failure there, with a second test that shows its repair.
"""
HEADER = (
    "| Way | `triggers` SQLite | `triggers` PostgreSQL | `signals` SQLite | `signals` PostgreSQL | Note |\n"
    "|---|---|---|---|---|---|"
)


def render_page(ways: Sequence[Way]) -> str:
    """Return the whole page as Markdown, ending in a newline."""
    return "\n".join([INTRODUCTION, _summarise(ways), *_render_groups(ways)]).rstrip() + "\n"


def _summarise(ways: Sequence[Way]) -> str:
    gaps = sum(bool(way.gap) for way in ways)
    return f"{len(ways)} ways: `triggers` keeps all of them, `signals` {len(ways) - gaps}.\n"


def _render_groups(ways: Sequence[Way]) -> Iterator[str]:
    for group, members in groupby(
        sorted(ways, key=lambda way: _first_of(ways, way.group)), key=lambda way: way.group
    ):
        yield f"## {group}\n"
        yield HEADER
        yield from (_render_row(way) for way in members)
        yield ""


def _first_of(ways: Sequence[Way], group: str) -> int:
    return next(number for number, way in enumerate(ways) if way.group == group)


def _render_row(way: Way) -> str:
    cells = [_cell(way, database, gap) for gap in ("", way.gap) for database in ("sqlite", "postgresql")]
    return f"| {' | '.join([way.title, *cells, way.gap])} |".replace("|  |", "| |")


def _cell(way: Way, database: str, gap: str) -> str:
    if not way.exists_on(database):
        return "–"
    return "**gap**" if gap else "kept"


def main(file: Path) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deltacrown.config.settings")
    import django

    django.setup()
    from tests.tally.ways.every import WAYS

    file.write_text(render_page(WAYS), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
