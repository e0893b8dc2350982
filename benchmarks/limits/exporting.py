"""The export of a whole career as the API streams it, beside ``COPY`` of the same rows.

The player with most matches who hides nothing is exported. What it takes is told for 100,000 rows: only the
database of ``make bench-full`` has a player with as many.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from functools import partial
from typing import Any

from benchmarks.limits.figure import Figure, Samples, interleave

ROWS = 100_000
#: The columns that a line is made of, of the live table and the archive.
COPY = (
    "COPY (SELECT match_key, game_id, result, played_at, kind, side, score, stats FROM {table} "
    "WHERE user_id = {user} ORDER BY recorded_at, id) TO STDOUT"
)
FORMS = ("ndjson", "csv")


def measure(samples: int = 5) -> list[Figure]:
    """Export a career in each form, and measure how much memory the larger one needs besides.

    :raises RuntimeError: an export has not as many lines as the player has matches.
    """
    player, user, rows = find_career()
    figures = []
    for form in FORMS:
        ours, limit = interleave(partial(export, player, form, rows), partial(copy, user), samples)
        name = f"export of {ROWS:,} rows, {form.upper()}"
        both = (scale(each, ROWS / rows) for each in (ours, limit))
        note = f"Measured with {rows:,} rows of one player."
        figures.append(
            Figure(name, *both, unit="s", budget=2, budget_of="value", peer="COPY of the rows", note=note)
        )
    peak = float(find_peak(partial(export, player, "csv", rows)))
    note = f"What Python holds at most for {rows:,} rows, beyond what it held before."
    return [*figures, Figure("export, memory", [peak], unit="B", note=note)]


def find_career() -> tuple[str, int, int]:
    """Return the public id, the user's id and the number of all lines of the player with most matches."""
    from deltacrown.games.models import MATCH_TABLES
    from deltacrown.user_profile.models import UserProfile

    shown = UserProfile.objects.filter(standing="ACTIVE", user__privacy_settings__show_match_history=True)
    player, user = shown.order_by("-total_matches_played", "pk").values_list("public_id", "user")[0]
    return player, user, sum(table.objects.filter(user=user).count() for table in MATCH_TABLES)


def export(player: str, form: str, rows: int) -> None:
    """Read a whole export, as a client does who keeps nothing of it."""
    from django.test import Client

    answer: Any = Client(SERVER_NAME="localhost").get(
        f"/api/v1/players/{player}/matches/export?format={form}"
    )
    if answer.status_code != 200:
        raise RuntimeError(f"the export answers {answer.status_code}")
    lines = sum(chunk.count(b"\n") for chunk in answer.streaming_content)
    if lines != rows + (form == "csv"):
        raise RuntimeError(f"{lines} lines of {rows} matches")


def copy(user: int) -> None:
    """Have the server write the rows, and read them."""
    from django.db import connection

    from deltacrown.games.models import MATCH_TABLES

    with connection.cursor() as cursor:
        for table in MATCH_TABLES:
            statement = COPY.format(table=table._meta.db_table, user=int(user))
            with cursor.cursor.copy(statement) as copied:
                for _ in copied:
                    pass


def scale(samples: Samples, by: float) -> Samples:
    """Return samples as of so many times the rows."""

    def each(values: Sequence[float]) -> tuple[float, ...]:
        return tuple(value * by for value in values)

    return Samples(each(samples.wall), each(samples.client), each(samples.server))


def find_peak(call: Any) -> int:
    """Return the bytes that Python holds at most while something is called, beyond those it held before."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        call()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
